import type { LabelledText } from "./task.ts";

/** The rows of a file, or of a split that is in none. */
export interface FileContent {
  readonly split: string;
  /** The file's own name, without folders. */
  readonly name: string;
  readonly rows: readonly LabelledText[];
  /** Of the whole file, in hexadecimal. */
  readonly sha256: string;
}

/** What a source gives of a task. */
export interface Content {
  /** What the data is, without a path of this machine. */
  readonly source: string;
  readonly revision: string | null;
  /** The files of train, then those of dev, then those of further splits. */
  readonly files: readonly FileContent[];
}
