import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { readHubManifest } from "@peftbench/models";
import { sha256 } from "../../checksum.ts";
import { DatasetError } from "../../errors.ts";
import { filesOfSplit } from "../../hub/layout.ts";
import { requireAnnounced } from "../../hub/parquetFolder.ts";
import type { TaskDefinition, TaskFiles } from "../../task.ts";
import { named } from "../named.ts";
import { readTsv } from "../tsv.ts";
import { readHiddenParquet } from "./hiddenParquet.ts";
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
  /** Every example, in the order of the files; an empty text stays, as it has to be answered like any other. */
  readonly examples: readonly TestExample[];
  /** What was read: names below the data folder (`CoLA/test.tsv`), checksums in hexadecimal. */
  readonly sources: readonly { readonly name: string; readonly sha256: string }[];
}

export interface LoadedTestSplits {
  readonly splits: readonly LoadedTestSplit[];
  /** One sentence for each submission file that cannot be made, naming the file that this copy lacks. */
  readonly missing: readonly string[];
}

/**
 * Reads the hidden splits of a task of GLUE, beside those of `loadTask`: out of GLUE's own TSV files, or of parquet files
 * as the hub has them.
 * @throws {DatasetError} where a file that is there is not what GLUE's test files are
 */
export async function readTestSplits(
  task: TaskDefinition,
  dataFolder: string | undefined,
): Promise<LoadedTestSplits> {
  const { source } = task;
  const declared = testSplitsOf(task.id);
  if (declared.length === 0 || source.kind !== "files" || dataFolder === undefined) {
    return {
      splits: [],
      missing: [`No submission file: ${task.title} has no hidden split on GLUE's server.`],
    };
  }
  const splits: LoadedTestSplit[] = [];
  const missing: string[] = [];
  for (const split of declared) {
    const read =
      (await readTsvSplit(source, split, dataFolder)) ?? (await readHub(source, split, dataFolder));
    if (read === null) {
      const folder = (split.elsewhere?.folders ?? source.folders)[0];
      missing.push(
        `The submission file ${split.submission} was not made: this copy has no ${folder}/${split.file}.`,
      );
    } else {
      requireIndices(read);
      splits.push(read);
    }
  }
  return { splits, missing };
}

/** Null where the copy does not have the file. */
async function readTsvSplit(
  { folders }: TaskFiles,
  split: TestSplit,
  dataFolder: string,
): Promise<LoadedTestSplit | null> {
  for (const folder of await foldersNamed(dataFolder, split.elsewhere?.folders ?? folders)) {
    if (!(await readdir(join(dataFolder, folder))).includes(split.file)) continue;
    const name = `${folder}/${split.file}`;
    const bytes = await readFile(join(dataFolder, name));
    const { index, text, pair } = split.columns;
    const columns = pair === undefined ? [index, text] : [index, text, pair];
    const rows = readTsv(bytes, name, { shape: { header: true }, columns });
    const examples = rows.map(({ values: [indexValue = "", textValue = "", pairValue] }): TestExample => {
      const example = { index: indexValue, text: textValue };
      return pairValue === undefined ? example : { ...example, pair: pairValue };
    });
    return { submission: split.submission, examples, sources: [{ name, sha256: sha256(bytes) }] };
  }
  return null;
}

async function readHub(
  { parquet }: TaskFiles,
  split: TestSplit,
  dataFolder: string,
): Promise<LoadedTestSplit | null> {
  const [folder] = await foldersNamed(dataFolder, [split.elsewhere?.parquet ?? parquet.folder]);
  if (folder === undefined) return null;
  const files = filesOfSplit(await readdir(join(dataFolder, folder)), split.parquet, folder);
  if (files.length === 0) return null;
  const manifest = await readHubManifest(dataFolder);
  const examples: TestExample[] = [];
  const sources: { readonly name: string; readonly sha256: string }[] = [];
  for (const file of files) {
    const name = `${folder}/${file}`;
    const bytes = await readFile(join(dataFolder, name));
    const checksum = sha256(bytes);
    requireAnnounced(manifest, name, name, checksum);
    examples.push(...(await readHiddenParquet(bytes, name, parquet.columns)));
    sources.push({ name, sha256: checksum });
  }
  return { submission: split.submission, examples, sources };
}

function requireIndices({ examples, sources }: LoadedTestSplit): void {
  const seen = new Set<string>();
  for (const [row, { index }] of examples.entries()) {
    if (/^\d+$/.test(index) && !seen.has(index)) {
      seen.add(index);
      continue;
    }
    throw new DatasetError({
      code: "unknown-id",
      file: sources.map(({ name }) => name).join(", "),
      row,
      found: `the index ${JSON.stringify(index)}${seen.has(index) ? " a second time" : ""}`,
      expected: "a whole number, another for every row, as a submission repeats it",
      remedy: "Get GLUE's own test file again.",
    });
  }
}

/** Folders inside the data folder that have one of these names, whatever its case. */
async function foldersNamed(dataFolder: string, names: readonly string[]): Promise<readonly string[]> {
  return named(await readdir(dataFolder), names).toSorted();
}
