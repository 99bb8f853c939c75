import type { z } from "zod";
import type { RunEvent } from "./events.ts";
import { runEventSchema } from "./events.ts";
import type { ExampleText } from "./exampleTexts.ts";
import { exampleTextSchema } from "./exampleTexts.ts";
import type { Prediction } from "./predictions.ts";
import { predictionSchema } from "./predictions.ts";
import type { RunResult } from "./schema.ts";
import { resultSchema } from "./schema.ts";

/** A file that is not what it should be: says which, where in it, and what was expected. */
export class FormatError extends Error {
  override readonly name = "FormatError";
  readonly file: string;
  /** Line counted from 1, for files of one document a line. */
  readonly line: number | null;
  /** Dotted path of the first wrong field: `memory.byRole.head`; null where the text is not JSON. */
  readonly field: string | null;

  constructor(file: string, line: number | null, field: string | null, problem: string) {
    const place = line === null ? file : `${file}:${line}`;
    super(field === null ? `${place}: ${problem}` : `${place}: ${field}: ${problem}`);
    this.file = file;
    this.line = line;
    this.field = field;
  }
}

/** @throws {FormatError} naming the file and the first wrong field */
export function parseResult(text: string, file: string): RunResult {
  return parseDocument(resultSchema, text, file);
}

/** @throws {FormatError} for a wrong line; `cutOff` says that the last line lacks its line end and was left out */
export function parseEvents(text: string, file: string): ParsedLines<RunEvent> {
  return parseLines(runEventSchema, text, file);
}

/** @throws {FormatError} for a wrong line; `cutOff` says that the last line lacks its line end and was left out */
export function parsePredictions(text: string, file: string): ParsedLines<Prediction> {
  return parseLines(predictionSchema, text, file);
}

/** @throws {FormatError} for a wrong line */
export function parseExampleTexts(text: string, file: string): ParsedLines<ExampleText> {
  return parseLines(exampleTextSchema, text, file);
}

/** Documents of a file that is appended to, one a line. */
export interface ParsedLines<Item> {
  readonly items: readonly Item[];
  /** Whether the file ends in the midst of a line, as it does when its writer was killed. */
  readonly cutOff: boolean;
}

/** @throws {FormatError} naming the file and the first wrong field */
export function parseDocument<Output>(schema: z.ZodType<Output>, text: string, file: string): Output {
  return check(schema, parseJson(text, file, null), file, null);
}

/** Checks a value that is in memory already. @throws {FormatError} naming `what` and the first wrong field */
export function checkValue<Output>(schema: z.ZodType<Output>, value: unknown, what: string): Output {
  return check(schema, value, what, null);
}

function parseLines<Output>(schema: z.ZodType<Output>, text: string, file: string): ParsedLines<Output> {
  const lines = text.split("\n");
  const rest = lines.pop() ?? "";
  const items = lines.map((line, index) => check(schema, parseJson(line, file, index + 1), file, index + 1));
  return { items, cutOff: rest !== "" };
}

function parseJson(text: string, file: string, line: number | null): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FormatError(file, line, null, `not JSON (${reason}). Remove the file, or run the cell again.`);
  }
}

function check<Output>(schema: z.ZodType<Output>, value: unknown, file: string, line: number | null): Output {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue === undefined ? "" : formatPath(issue.path);
  throw new FormatError(file, line, field === "" ? "(document)" : field, issue?.message ?? "does not fit");
}

function formatPath(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) =>
      typeof part === "number" ? `[${part}]` : `${index === 0 ? "" : "."}${String(part)}`,
    )
    .join("");
}
