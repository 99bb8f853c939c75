import { readFile } from "node:fs/promises";
import { sha256 } from "../checksum.ts";
import { emptyTextCheck, expectedTexts } from "../emptyTexts.ts";
import { DatasetError } from "../errors.ts";
import type { LabelledText, TaskDefinition, TaskFiles } from "../task.ts";
import { howToGet } from "./howToGet.ts";
import { readTsv } from "./tsv.ts";

type Task = TaskDefinition<TaskFiles>;

/** An example, where it stands, and what else was asked for of its line. */
export interface LabelledLine {
  readonly example: LabelledText;
  readonly line: number;
  /** The values of the `further` columns, in their order. */
  readonly further: readonly string[];
}

export interface LabelledFile {
  readonly lines: readonly LabelledLine[];
  /** Of the whole file, in hexadecimal. */
  readonly sha256: string;
}

/**
 * Reads every example of a TSV file that is laid out as the task's definition says.
 * @param content what the file is, for messages: `the dev split`
 * @param further columns to read beside those of the task
 * @throws {DatasetError}
 */
export async function readLabelledFile(
  task: Task,
  file: string,
  content: string,
  further: readonly string[] = [],
): Promise<LabelledFile> {
  const bytes = await readDataFile(task, file, content);
  const { shape, columns, emptyTexts = 0 } = task.source;
  const { text, pair, label } = columns;
  const rows = readTsv(bytes, file, {
    shape,
    columns: [label, text, ...(pair === undefined ? [] : [pair]), ...further],
    ...(task.kind === "classification" ? { selfDelimiting: label } : {}),
  });
  const parseLabel = labelParser(task, file);
  const isRefused = emptyTextCheck(emptyTexts);
  const lines = rows.map(({ line, values }): LabelledLine => {
    const [labelValue = "", textValue = "", ...others] = values;
    const texts = pair === undefined ? { text: textValue } : { text: textValue, pair: others.shift() ?? "" };
    if (isRefused(texts)) {
      throw new DatasetError({
        code: "empty-text",
        file,
        line,
        found: "an empty sentence",
        expected: expectedTexts(emptyTexts),
        remedy: "Get the file again, or correct this line.",
      });
    }
    return { example: { ...texts, label: parseLabel(labelValue, line) }, line, further: others };
  });
  return { lines, sha256: sha256(bytes) };
}

/** @throws {DatasetError} `missing-file` */
export async function readDataFile(task: Task, file: string, content: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new DatasetError({
      code: "missing-file",
      file,
      found: `no readable file (${errorCode(cause)})`,
      expected: `${content} of ${task.title}`,
      remedy: howToGet(task),
    });
  }
}

export function errorCode(cause: unknown): string {
  return cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
}

function labelParser(task: Task, file: string): (value: string, line: number) => number {
  const unknown = (value: string, line: number, expected: string): DatasetError =>
    new DatasetError({
      code: "unknown-label",
      file,
      line,
      found: `the label ${JSON.stringify(value)}`,
      expected,
      remedy: /^".*"$/.test(value)
        ? "It stands in quotation marks: write the file without CSV quoting, as GLUE's files are."
        : `Check that this is a labelled file of ${task.title} (GLUE's test files have no labels).`,
    });
  if (task.kind === "regression") {
    const { min, max } = task.range;
    return (value, line) => {
      const score = /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : Number.NaN;
      if (score >= min && score <= max) return score;
      throw unknown(value, line, `a number from ${min} to ${max}`);
    };
  }
  const classes = new Map(task.labels.map((label, index) => [label.value, index]));
  const expected = `one of ${task.labels.map((label) => JSON.stringify(label.value)).join(", ")}`;
  return (value, line) => {
    const index = classes.get(value);
    if (index !== undefined) return index;
    throw unknown(value, line, expected);
  };
}
