import { stat } from "node:fs/promises";
import { UsageError } from "./usageError.ts";

export async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** @throws {UsageError} where there is no such folder */
export async function requireResultsFolder(folder: string): Promise<void> {
  if (await isFolder(folder)) return;
  throw new UsageError(
    `Found no folder ${folder}; expected one with results. Run \`pnpm bench glue\` first.`,
  );
}
