/** A program and its first arguments, up to the TypeScript file to run. */
export interface RuntimeCommand {
  readonly program: string;
  readonly parameters: readonly string[];
}

/** How to run a TypeScript file under the runtime that runs this. On Node the working directory must see tsx. */
export function runtimeCommand(): RuntimeCommand {
  const program = process.execPath;
  if (process.versions.deno !== undefined) return { program, parameters: ["run", "--allow-all", "--quiet"] };
  if (process.versions.bun !== undefined) return { program, parameters: [] };
  return { program, parameters: ["--import", "tsx"] };
}
