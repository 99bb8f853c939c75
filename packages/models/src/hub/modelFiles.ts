import { HubError } from "./errors.ts";

const SETTINGS = [
  "config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "added_tokens.json",
  "vocab.txt",
  "vocab.json",
  "merges.txt",
  "spm.model",
  "sentencepiece.bpe.model",
];

/** Kinds of weight files, the preferred first: one of several parts has an index beside it. */
const WEIGHTS = [
  /^model\.safetensors$/,
  /^model(-\d{5}-of-\d{5}\.safetensors|\.safetensors\.index\.json)$/,
  /^pytorch_model\.bin$/,
  /^pytorch_model(-\d{5}-of-\d{5}\.bin|\.bin\.index\.json)$/,
];

/**
 * What a model's folder needs out of a repository: settings, the tokenizer, and its weights in one form.
 * @throws {HubError} `not-found` where there are no settings or no weights
 */
export function modelFiles(paths: readonly string[]): readonly string[] {
  const weights = WEIGHTS.map((kind) => paths.filter((path) => kind.test(path))).find(
    (found) => found.length > 0,
  );
  if (weights !== undefined && paths.includes("config.json")) {
    return [...SETTINGS.filter((name) => paths.includes(name)), ...weights];
  }
  throw new HubError({
    code: "not-found",
    place: "the repository's files",
    found: paths.slice(0, 12).join(", ") || "none",
    expected: "config.json, and model.safetensors or pytorch_model.bin",
    remedy: "Name a repository of a model in PyTorch's or safetensors' form.",
  });
}
