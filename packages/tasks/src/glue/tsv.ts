import { DatasetError } from "../errors.ts";

/** A column by its name in the header line, or by its position counted from 0 in a file without one. */
export type ColumnReference = string | number;

/** How one TSV file is laid out. */
export interface TsvLayout {
  /** `header`: the first line names the columns and fixes the number of fields. `fieldCount`: no header. */
  readonly shape: { readonly header: true } | { readonly header: false; readonly fieldCount: number };
  /** The columns to read, in the order in which a row's `values` shall have them. */
  readonly columns: readonly ColumnReference[];
  /**
   * A column no value of which is the beginning of another, as of class labels: where it is the last one, a last line
   * without its line end is seen to be whole.
   */
  readonly selfDelimiting?: ColumnReference;
}

/** One data line. */
export interface TsvRow {
  /** Line number in the file counted from 1, the header included. */
  readonly line: number;
  /** The values of `layout.columns`, in that order, exactly as they stand in the file. */
  readonly values: readonly string[];
}

const GET_A_FRESH_COPY =
  "The file may be damaged: get it again and compare its checksum with the dataset card.";

/**
 * Reads a tab-separated file as GLUE means it.
 *
 * - Fields are separated by single tabs; a quote character is a character like any other (Python's
 *   `csv.QUOTE_NONE`), because GLUE's sentences hold unbalanced quotes.
 * - UTF-8. A byte order mark at the start and CRLF line ends are accepted and removed, as both come from editing
 *   or downloading on Windows and change nothing in the data. A mark at the start of a later line, where files were
 *   joined, is an error, and so are carriage returns as the only line ends. White space inside a field is kept.
 * - A last line without its line end may have been cut off within its last field. It is accepted where that is
 *   `layout.selfDelimiting` (the caller refuses values it does not know), and an error elsewhere.
 * - Every other departure is an error and no line is ever skipped: invalid UTF-8, another number of fields than
 *   the layout has (a blank line too), a missing or doubled column, no data line at all.
 *
 * @param bytes the whole file
 * @param file its path, for messages
 * @throws {DatasetError} `wrong-encoding`, `wrong-field-count`, `cut-off`, `missing-column` or `empty-split`
 */
export function readTsv(bytes: Uint8Array, file: string, layout: TsvLayout): readonly TsvRow[] {
  const text = decodeUtf8(bytes, file);
  const lines = splitLines(text);
  requireLineStarts(lines, file);
  const header = layout.shape.header ? lines[0]?.split("\t") : undefined;
  if (layout.shape.header && header === undefined) throw emptySplit(file, 1, "an empty file");

  const fieldCount = layout.shape.header ? (header?.length ?? 0) : layout.shape.fieldCount;
  const positions = layout.columns.map((column) => findColumn(column, header, fieldCount, file));
  const firstDataLine = layout.shape.header ? 1 : 0;

  const rows: TsvRow[] = [];
  for (let index = firstDataLine; index < lines.length; index++) {
    const fields = (lines[index] ?? "").split("\t");
    if (fields.length !== fieldCount) {
      throw wrongFieldCount(file, index, lines, fields, fieldCount);
    }
    rows.push({ line: index + 1, values: positions.map((position) => fields[position] ?? "") });
  }
  if (rows.length === 0) {
    const found = layout.shape.header ? "a header line and nothing else" : "an empty file";
    throw emptySplit(file, firstDataLine + 1, found);
  }
  const { selfDelimiting } = layout;
  const isSeenWhole =
    selfDelimiting !== undefined && findColumn(selfDelimiting, header, fieldCount, file) === fieldCount - 1;
  if (!text.endsWith("\n") && !isSeenWhole) throw cutOff(file, lines);
  return rows;
}

function cutOff(file: string, lines: readonly string[]): DatasetError {
  const lastField = lines.at(-1)?.split("\t").at(-1) ?? "";
  return new DatasetError({
    code: "cut-off",
    file,
    line: lines.length,
    found: `a last line without a line end, whose last field is ${quote(lastField)}`,
    expected: "a line end after every line, as only that shows that this field is whole",
    remedy: `${GET_A_FRESH_COPY} If it is whole, add a line end to it.`,
  });
}

/** @param line where a data line was expected */
function emptySplit(file: string, line: number, found: string): DatasetError {
  return new DatasetError({
    code: "empty-split",
    file,
    line,
    found,
    expected: "at least one data line",
    remedy: GET_A_FRESH_COPY,
  });
}

function wrongFieldCount(
  file: string,
  index: number,
  lines: readonly string[],
  fields: readonly string[],
  fieldCount: number,
): DatasetError {
  const line = lines[index] ?? "";
  const what = line === "" ? "a blank line" : `${count(fields.length, "field")} in ${quote(line)}`;
  const isLast = index === lines.length - 1;
  const cutOff =
    isLast && fields.length < fieldCount ? " It is the last line, so the file was probably cut off." : "";
  return new DatasetError({
    code: "wrong-field-count",
    file,
    line: index + 1,
    found: what,
    expected: `${count(fieldCount, "tab-separated field")}`,
    remedy: GET_A_FRESH_COPY + cutOff,
  });
}

function findColumn(
  column: ColumnReference,
  header: readonly string[] | undefined,
  fieldCount: number,
  file: string,
): number {
  if (typeof column === "number") {
    if (Number.isInteger(column) && column >= 0 && column < fieldCount) return column;
    throw new DatasetError({
      code: "missing-column",
      file,
      found: count(fieldCount, "field"),
      expected: `a column at position ${column} counted from 0`,
      remedy: "Correct the task definition's column positions.",
    });
  }
  if (header === undefined) {
    throw new DatasetError({
      code: "missing-column",
      file,
      found: "no header line, by the task definition",
      expected: `a column named ${quote(column)}`,
      remedy: "Give the column's position in the task definition instead of its name.",
    });
  }
  const position = header.indexOf(column);
  const found = `the columns ${header.map(quote).join(", ")}`;
  if (position === -1) {
    throw new DatasetError({
      code: "missing-column",
      file,
      line: 1,
      found,
      expected: `a column named ${quote(column)}`,
      remedy: header.includes(`"${column}"`)
        ? "The names stand in quotation marks: write the file without CSV quoting, as GLUE's files are."
        : "Use GLUE's own TSV file with its header line; names count letter by letter.",
    });
  }
  if (header.lastIndexOf(column) !== position) {
    throw new DatasetError({
      code: "missing-column",
      file,
      line: 1,
      found,
      expected: `one column named ${quote(column)}, not several`,
      remedy: "Remove or rename the other column.",
    });
  }
  return position;
}

function splitLines(text: string): readonly string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
}

function requireLineStarts(lines: readonly string[], file: string): void {
  const marked = lines.findIndex((line) => line.startsWith("\uFEFF"));
  if (marked !== -1) {
    throw new DatasetError({
      code: "wrong-encoding",
      file,
      line: marked + 1,
      found: "a byte order mark that does not start the file",
      expected: "one as the first character of the file, or none",
      remedy: "Files were joined, perhaps: remove the mark, and any header line but the first.",
    });
  }
  if (lines.length === 1 && lines[0]?.includes("\r")) {
    throw new DatasetError({
      code: "wrong-encoding",
      file,
      line: 1,
      found: "carriage returns, and no line feed after them",
      expected: "lines that end with a line feed, or with carriage return and line feed",
      remedy: "Convert the file's line ends, for example with: tr '\\r' '\\n'",
    });
  }
}

/** @throws {DatasetError} `wrong-encoding`, with the line of the first byte that is not UTF-8 */
export function decodeUtf8(bytes: Uint8Array, file: string): string {
  const utf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (utf16 || bytes.indexOf(0) !== -1) {
    throw new DatasetError({
      code: "wrong-encoding",
      file,
      line: utf16 ? 1 : lineOfByte(bytes, bytes.indexOf(0)),
      found: utf16 ? "a UTF-16 byte order mark" : "a zero byte, as UTF-16 or a binary file has",
      expected: "UTF-8 text",
      remedy: "Save the file as UTF-8, or get the original again.",
    });
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw invalidUtf8(bytes, file);
  }
}

function invalidUtf8(bytes: Uint8Array, file: string): DatasetError {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let line = 0;
  for (let start = 0; start < bytes.length; ) {
    line++;
    const newline = bytes.indexOf(0x0a, start);
    const end = newline === -1 ? bytes.length : newline;
    try {
      decoder.decode(bytes.subarray(start, end));
    } catch {
      break;
    }
    start = end + 1;
  }
  return new DatasetError({
    code: "wrong-encoding",
    file,
    line,
    found: "bytes that are not valid UTF-8 (Latin-1 or Windows-1252, perhaps)",
    expected: "UTF-8 text",
    remedy: "Convert the file to UTF-8, for example with: iconv -f WINDOWS-1252 -t UTF-8",
  });
}

function lineOfByte(bytes: Uint8Array, position: number): number {
  let line = 1;
  for (let index = 0; index < position; index++) if (bytes[index] === 0x0a) line++;
  return line;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
