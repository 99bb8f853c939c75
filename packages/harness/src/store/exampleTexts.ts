import { createHash } from "node:crypto";
import { access, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ExampleText } from "../result/exampleTexts.ts";
import { parseExampleTexts } from "../result/parse.ts";
import type { RunResult } from "../result/schema.ts";
import { writeFileAtomic } from "./atomicFile.ts";
import { readIfThere } from "./readIfThere.ts";
import type { StoredRun } from "./results.ts";
import { safeName } from "./runFolder.ts";

/** What decides which examples of dev a run predicts, and their text. */
type DevExamples = Pick<RunResult, "cell" | "data">;

/** Null for a run that did not get as far as its data. */
function pathBeside(runFolder: string, { cell, data }: DevExamples): string | null {
  if (data === null) return null;
  const { devLimit = null, subsetSeed = null } = cell.config.training;
  const which = JSON.stringify([data.checksum, devLimit, devLimit === null ? null : subsetSeed]);
  const digits = createHash("sha256").update(which).digest("hex").slice(0, 8);
  return join(dirname(runFolder), "examples", `${safeName(cell.task)}-${digits}.jsonl`);
}

/** Keeps the texts of a run's dev examples beside its folder, where another run has not done so. */
export async function keepExampleTexts(
  runFolder: string,
  result: DevExamples,
  texts: readonly ExampleText[],
): Promise<void> {
  const path = pathBeside(runFolder, result);
  if (path === null || texts.length === 0 || (await isThere(path))) return;
  await mkdir(dirname(path), { recursive: true });
  await writeFileAtomic(path, texts.map((text) => `${JSON.stringify(text)}\n`).join(""));
}

/**
 * Texts of the dev examples that a run predicted, by `exampleId`; empty where none are kept.
 * @throws {FormatError} for a wrong line
 */
export async function loadExampleTexts({
  folder,
  result,
}: StoredRun): Promise<ReadonlyMap<string, ExampleText>> {
  const path = pathBeside(folder, result);
  const lines = path === null ? null : await readIfThere(path);
  if (path === null || lines === null) return new Map();
  return new Map(parseExampleTexts(lines, path).items.map((text) => [text.exampleId, text]));
}

async function isThere(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
