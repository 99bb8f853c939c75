/** The parts of a {@link ModelFileError}, which make up its message. */
export interface ModelFileErrorDetails<Code extends string> {
  readonly code: Code;
  /** The file or folder, or what stands for it where bytes did not come from a file. */
  readonly file: string;
  readonly found: string;
  readonly expected: string;
  readonly remedy: string;
}

/** A file of a model that cannot be used as it is: says where, what was found, what was expected and what to do. */
export class ModelFileError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly file: string;
  readonly found: string;
  readonly expected: string;
  readonly remedy: string;

  constructor(details: ModelFileErrorDetails<Code>) {
    super(`${details.file}: found ${details.found}; expected ${details.expected}. ${details.remedy}`);
    this.name = new.target.name;
    this.code = details.code;
    this.file = details.file;
    this.found = details.found;
    this.expected = details.expected;
    this.remedy = details.remedy;
  }
}

/** What is wrong with a checkpoint, as a word that a program can branch on. */
export type CheckpointErrorCode =
  | "missing-folder"
  | "missing-config"
  | "missing-weights"
  | "missing-shard"
  | "bad-json"
  | "bad-index"
  | "cut-off"
  | "bad-header"
  | "bad-archive"
  | "bad-pickle"
  | "refused-pickle"
  | "legacy-format"
  | "git-lfs-pointer"
  | "unsupported-dtype"
  | "unknown-tensor"
  | "missing-tensor"
  | "missing-metadata"
  | "wrong-shape"
  | "wrong-dtype"
  | "ambiguous-tensor"
  | "ambiguous-weights"
  | "unsupported-model"
  | "unexpected-tensor";

/** A checkpoint, or a weight file, that cannot be used as it is. */
export class CheckpointError extends ModelFileError<CheckpointErrorCode> {}
