import { ModelFileError } from "../checkpoint/errors.ts";

/** What is wrong with a tokenizer, as a word that a program can branch on. */
export type TokenizerErrorCode =
  | "missing-folder"
  | "missing-tokenizer"
  | "missing-file"
  | "bad-json"
  | "cut-off"
  | "bad-tokenizer"
  | "unsupported-tokenizer"
  | "missing-token";

/** A tokenizer's files that cannot be used as they are. */
export class TokenizerError extends ModelFileError<TokenizerErrorCode> {}
