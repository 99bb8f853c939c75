import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { sha256 } from "../../checksum.ts";
import { DatasetError } from "../../errors.ts";
import type { TaskDefinition } from "../../task.ts";
import { readTsv } from "../tsv.ts";
import type { TestSplit } from "./testSplits.ts";
import { testSplitsOf } from "./testSplits.ts";

/** An example without a label. */
export interface TestExample {
  /** As its file has it, and as a submission has to repeat it. */
  readonly index: string;
  readonly text: string;
  readonly pair?: string;
}

/** A hidden split that a copy of GLUE has. */
export interface LoadedTestSplit {
  /** The file that GLUE's server takes: `CoLA.tsv`. */
  readonly submission: string;
  /** Every example, in the order of the file; an empty text stays, as it has to be answered like any other. */
  readonly examples: readonly TestExample[];
  /** What was read, below the data folder: `CoLA/test.tsv`. */
  readonly file: string;
  /** Of that file, in hexadecimal. */
  readonly sha256: string;
}

export interface LoadedTestSplits {
  readonly splits: readonly LoadedTestSplit[];
  /** One sentence for each submission file that cannot be made, naming the file that this copy lacks. */
  readonly missing: readonly string[];
}

/**
 * Reads the hidden splits of a task of GLUE out of its own TSV files, beside those of `loadTask`.
 * @throws {DatasetError} where a file that is there is not what GLUE's test files are
 */
export async function readTestSplits(
  task: TaskDefinition,
  dataFolder: string | undefined,
): Promise<LoadedTestSplits> {
  const declared = testSplitsOf(task.id);
  if (declared.length === 0 || task.source.kind !== "files" || dataFolder === undefined) {
    return {
      splits: [],
      missing: [`No submission file: ${task.title} has no hidden split on GLUE's server.`],
    };
  }
  const splits: LoadedTestSplit[] = [];
  const missing: string[] = [];
  for (const split of declared) {
    const folders = split.folders ?? task.source.folders;
    const found = await find(dataFolder, folders, split.file);
    if (found === null) {
      missing.push(
        `The submission file ${split.submission} was not made: this copy has no ${folders[0]}/${split.file}.`,
      );
    } else {
      splits.push(readSplit(split, found, await readFile(join(dataFolder, found))));
    }
  }
  return { splits, missing };
}

function readSplit(split: TestSplit, file: string, bytes: Uint8Array): LoadedTestSplit {
  const { index, text, pair } = split.columns;
  const columns = pair === undefined ? [index, text] : [index, text, pair];
  const rows = readTsv(bytes, file, { shape: { header: true }, columns });
  const seen = new Set<string>();
  const examples = rows.map(({ line, values }): TestExample => {
    const [indexValue = "", textValue = "", pairValue = ""] = values;
    if (!/^\d+$/.test(indexValue) || seen.has(indexValue)) {
      throw new DatasetError({
        code: "unknown-id",
        file,
        line,
        found: `the index ${JSON.stringify(indexValue)}${seen.has(indexValue) ? " a second time" : ""}`,
        expected: "a whole number, another for every line, as a submission repeats it",
        remedy: "Get GLUE's own test file again.",
      });
    }
    seen.add(indexValue);
    return pair === undefined
      ? { index: indexValue, text: textValue }
      : { index: indexValue, text: textValue, pair: pairValue };
  });
  return { submission: split.submission, examples, file, sha256: sha256(bytes) };
}

/** The path of a file below the data folder, its folder found whatever its case; null where there is none. */
async function find(dataFolder: string, folders: readonly string[], file: string): Promise<string | null> {
  const wanted = folders.map((folder) => folder.toLowerCase());
  for (const name of await readdir(dataFolder)) {
    if (!wanted.includes(name.toLowerCase())) continue;
    const names = await readdir(join(dataFolder, name));
    if (names.includes(file)) return `${name}/${file}`;
  }
  return null;
}
