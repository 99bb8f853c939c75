import type { RuntimeName } from "@peftbench/harness";
import { currentRuntime, findRuntime } from "@peftbench/harness";
import { UsageError } from "../options/usageError.ts";
import { oneOf } from "../options/values.ts";

/** The runtime that cells run under: what was asked for, else the one that runs this. @throws {UsageError} */
export function runtimeFor(option: string | undefined, projectFolder: string): RuntimeName {
  if (option === undefined) return currentRuntime().name;
  const name = oneOf("--runtime", option, ["deno", "node", "bun"]);
  if (findRuntime(name, projectFolder) !== null) return name;
  throw new UsageError(
    `--runtime: found ${name}, which is not installed. Run \`pnpm install\`, or choose another.`,
  );
}
