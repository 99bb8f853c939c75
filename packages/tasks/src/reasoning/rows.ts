import { DatasetError } from "../errors.ts";
import { decodeUtf8 } from "../glue/tsv.ts";

/** One object of a JSON file. */
export interface JsonRow {
  /** Line of the file where it starts, counted from 1. */
  readonly line: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

const GET_A_FRESH_COPY =
  "The file may be damaged: get it again and compare its checksum with the dataset card.";

/**
 * Reads a file of objects: a JSON array, or an object a line where the file's name ends in `.jsonl`.
 * @param file its path, for messages
 * @throws {DatasetError} `wrong-encoding`, `bad-json`, `cut-off` or `empty-split`, with the line; no row is skipped
 */
export function readJsonRows(bytes: Uint8Array, file: string): readonly JsonRow[] {
  const text = decodeUtf8(bytes, file);
  const rows = file.endsWith(".jsonl") ? linesOf(text, file) : elementsOf(text, file);
  if (rows.length > 0) return rows;
  throw new DatasetError({
    code: "empty-split",
    file,
    line: 1,
    found: "no row",
    expected: "at least one",
    remedy: GET_A_FRESH_COPY,
  });
}

function linesOf(text: string, file: string): readonly JsonRow[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line, index) => ({ line: index + 1, fields: parseObject(line, file, index + 1) }));
}

/** The elements of an array, each parsed by itself, so that its line is known. */
function elementsOf(text: string, file: string): readonly JsonRow[] {
  const rows: JsonRow[] = [];
  const cursor = { position: 0, line: 1 };
  const next = (): string => {
    for (; /\s/.test(text[cursor.position] ?? ""); cursor.position++) {
      if (text[cursor.position] === "\n") cursor.line++;
    }
    return text[cursor.position] ?? "";
  };
  const take = (...allowed: readonly string[]): string => {
    const character = next();
    if (!allowed.includes(character)) throw unexpected(character, allowed, file, cursor.line);
    cursor.position++;
    return character;
  };
  take("[");
  if (next() === "]") return [];
  do {
    if (next() !== "{") throw unexpected(next(), ["{"], file, cursor.line);
    const end = endOfObject(text, cursor.position);
    if (end === null) throw unexpected("", ["} to close the row that starts here"], file, cursor.line);
    const source = text.slice(cursor.position, end);
    rows.push({ line: cursor.line, fields: parseObject(source, file, cursor.line) });
    cursor.line += source.split("\n").length - 1;
    cursor.position = end;
  } while (take(",", "]") === ",");
  if (next() !== "") throw unexpected(next(), ["nothing behind the array"], file, cursor.line);
  return rows;
}

/** @returns the position behind the brace that closes the one at `start`, or null where none does */
function endOfObject(text: string, start: number): number | null {
  let depth = 0;
  for (let position = start; position < text.length; position++) {
    const character = text[position];
    if (character === '"') {
      for (position++; position < text.length && text[position] !== '"'; position++) {
        if (text[position] === "\\") position++;
      }
    } else if (character === "{") depth++;
    else if (character === "}" && --depth === 0) return position + 1;
  }
  return null;
}

function parseObject(source: string, file: string, line: number): Readonly<Record<string, unknown>> {
  const bad = (found: string): DatasetError =>
    new DatasetError({
      code: "bad-json",
      file,
      line,
      found,
      expected: "a JSON object",
      remedy: GET_A_FRESH_COPY,
    });
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch (cause) {
    throw bad(`text that is no JSON (${cause instanceof Error ? cause.message : String(cause)})`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw bad(JSON.stringify(value).slice(0, 80));
  }
  return value as Readonly<Record<string, unknown>>;
}

function unexpected(found: string, expected: readonly string[], file: string, line: number): DatasetError {
  return new DatasetError({
    code: found === "" ? "cut-off" : "bad-json",
    file,
    line,
    found: found === "" ? "the end of the file" : JSON.stringify(found),
    expected: expected.join(" or "),
    remedy: GET_A_FRESH_COPY,
  });
}
