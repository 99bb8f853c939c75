/** What is wrong with a data set, as a word that a program can branch on. */
export type DatasetErrorCode =
  | "missing-folder"
  | "missing-file"
  | "ambiguous-name"
  | "wrong-encoding"
  | "wrong-field-count"
  | "cut-off"
  | "bad-parquet"
  | "wrong-checksum"
  | "missing-column"
  | "wrong-column-type"
  | "empty-text"
  | "unknown-label"
  | "empty-split"
  | "unknown-id"
  | "bad-card"
  | "bad-json"
  | "bad-instruction";

/** The parts of a {@link DatasetError}; all but `code` make up its message. */
export interface DatasetErrorDetails {
  readonly code: DatasetErrorCode;
  /** The file or folder, or what stands for it where data did not come from a file. */
  readonly file: string;
  /** Line number counted from 1, where one line is to blame. */
  readonly line?: number;
  /** Row number counted from 0, as in examples' ids, where one row of a file without lines is to blame. */
  readonly row?: number;
  readonly found: string;
  readonly expected: string;
  readonly remedy: string;
}

/** Data that cannot be used as it is: says where, what was found, what was expected and what to do. */
export class DatasetError extends Error {
  override readonly name = "DatasetError";
  readonly code: DatasetErrorCode;
  readonly file: string;
  readonly line: number | null;
  readonly row: number | null;
  readonly found: string;
  readonly expected: string;
  readonly remedy: string;

  constructor(details: DatasetErrorDetails) {
    super(`${placeOf(details)}: found ${details.found}; expected ${details.expected}. ${details.remedy}`);
    this.code = details.code;
    this.file = details.file;
    this.line = details.line ?? null;
    this.row = details.row ?? null;
    this.found = details.found;
    this.expected = details.expected;
    this.remedy = details.remedy;
  }
}

function placeOf({ file, line, row }: DatasetErrorDetails): string {
  if (line !== undefined) return `${file}:${line}`;
  return row === undefined ? file : `${file}, row ${row} counted from 0`;
}

/** A caller's argument that cannot be right whatever the data. */
export class TaskArgumentError extends RangeError {
  override readonly name = "TaskArgumentError";
}
