import { dirname, join } from "node:path";

/**
 * Where the page of some runs goes: beside the runs of their suite; a page of several suites stands in the folder
 * above them, so that it is not taken for the page of one.
 *
 * @param runFolders of one call of `glue`, each `<out>/runs/<suite>/<run>`
 * @returns null where there is no run to make a page of
 */
export function pageFileOf(runFolders: readonly string[]): string | null {
  const [suiteFolder, ...others] = new Set(runFolders.map((folder) => dirname(folder)));
  if (suiteFolder === undefined) return null;
  return join(others.length > 0 ? dirname(suiteFolder) : suiteFolder, "report.html");
}
