import { MethodError } from "./errors.ts";

/**
 * Refuses an adapter whose configuration has another value for an option than the method needs.
 *
 * @param found content of adapter_config.json
 * @param optional options that files of older versions lack
 * @throws MethodError with the option, its value and the one that is needed
 */
export function checkAdapterConfig(
  found: Readonly<Record<string, unknown>>,
  needed: Readonly<Record<string, unknown>>,
  optional: readonly string[],
): void {
  for (const [name, value] of Object.entries(needed)) {
    if (optional.includes(name) && !(name in found)) continue;
    const [is, wanted] = [canonical(found[name]), canonical(value)];
    if (is !== wanted) throw new MethodError(`The adapter's ${name} is ${is}; the method needs ${wanted}.`);
  }
}

/** JSON that does not depend on the order of an object's keys. */
function canonical(value: unknown): string {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return JSON.stringify(value) ?? "missing";
  return JSON.stringify(Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))));
}
