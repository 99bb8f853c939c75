import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { FormatError } from "@peftbench/harness";
import type { PublishedFigures } from "@peftbench/report";
import { parsePublished } from "@peftbench/report";
import type { CommandContext } from "./command.ts";
import { UsageError } from "./options/usageError.ts";

/** The method that a page's tables hold the others against, unless another is asked for. */
export const REFERENCE_METHOD = "lora";

export const publishedOption = {
  type: "string",
  valueHint: "file",
  description:
    "Figures that others published (JSON), in a section of their own on the page; papers/published-results.json in the folder PEFTBENCH_SHARED where absent, else none",
} as const;

/**
 * The figures of the file that is named, or of the one in the shared folder.
 *
 * @returns null where no file is named and the shared folder has none
 * @throws {UsageError} for a named file that is not there, and for any that is no such file
 */
export async function publishedFrom(
  given: string | undefined,
  context: Pick<CommandContext, "environment">,
): Promise<PublishedFigures | null> {
  const shared = context.environment.PEFTBENCH_SHARED;
  if (given === undefined && (shared === undefined || shared === "")) return null;
  const file = given === undefined ? join(shared ?? "", "papers", "published-results.json") : resolve(given);
  try {
    return parsePublished(await readFile(file, "utf8"), file);
  } catch (error) {
    if (error instanceof FormatError) throw new UsageError(`--published: ${error.message}`);
    const isAbsent = (error as NodeJS.ErrnoException).code === "ENOENT";
    if (isAbsent && given === undefined) return null;
    if (isAbsent) {
      throw new UsageError(`--published: found no file ${file}; expected JSON of published figures.`);
    }
    throw error;
  }
}
