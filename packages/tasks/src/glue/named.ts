/** Those of the names that are wanted, whatever their case: copies of GLUE name their folders in several ways. */
export function named(names: readonly string[], wanted: readonly string[]): readonly string[] {
  const lowered = new Set(wanted.map((name) => name.toLowerCase()));
  return names.filter((name) => lowered.has(name.toLowerCase()));
}
