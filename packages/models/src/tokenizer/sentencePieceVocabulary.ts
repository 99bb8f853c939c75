import { Buffer } from "node:buffer";
import type { AddedToken, TokenFiles } from "./addedTokens.ts";
import { listAddedTokens, plainToken, specialTokenId } from "./addedTokens.ts";
import type { TokenizerConfig } from "./config.ts";
import { TokenizerError } from "./errors.ts";
import type { SentencePieceModel } from "./sentencePieceModel.ts";
import type { TokenizerJson } from "./tokenizerJson.ts";

const debertaTokens = {
  bos: "[CLS]",
  eos: "[SEP]",
  unk: "[UNK]",
  sep: "[SEP]",
  pad: "[PAD]",
  cls: "[CLS]",
  mask: "[MASK]",
} as const;

/**
 * The tokenizer.json that the spm.model of DeBERTa-v2 and -v3 stands for, as `DebertaV2Converter` of transformers
 * makes it. transformers 5 itself leaves the model's map of characters out where it loads an spm.model, and so does
 * not normalize as the checkpoints were trained.
 * @param modelType `model_type` in config.json, for folders that do not name their tokenizer
 * @throws {TokenizerError} `unsupported-tokenizer`, `missing-token`, `bad-tokenizer`
 */
export function sentencePieceTokenizerJson(
  model: SentencePieceModel,
  config: TokenizerConfig,
  modelType: string | null,
  tokens: TokenFiles,
  file: string,
): TokenizerJson {
  checkKind(model, config, modelType, file);
  const vocab = model.pieces.map(({ text, score }): [string, number] => [text, score]);
  const vocabulary = new Map(vocab.map(([text], id) => [text, id]));
  const addedTokens = listAddedTokens(vocabulary, debertaTokens, tokens, file, ownTokens(model));
  const tokenAndId = (role: keyof typeof debertaTokens): [string, number] => {
    const content = tokens.named.get(role)?.content ?? debertaTokens[role];
    return [content, specialTokenId(content, vocabulary, tokens, file, "DeBERTa")];
  };
  const [sep, cls] = [tokenAndId("sep"), tokenAndId("cls")];
  tokenAndId("pad");
  tokenAndId("unk");
  const map = Buffer.from(model.precompiledMap).toString("base64");
  const metaspace = {
    type: "Metaspace",
    replacement: "\u2581",
    prepend_scheme: config.add_prefix_space === false ? "first" : "always",
    split: true,
  };
  return {
    added_tokens: addedTokens,
    normalizer: {
      type: "Sequence",
      normalizers: [
        ...(config.do_lower_case === true ? [{ type: "Lowercase" }] : []),
        { type: "Strip", strip_left: true, strip_right: true },
        ...(map === "" ? [] : [{ type: "Precompiled", precompiled_charsmap: map }]),
        { type: "Replace", pattern: { Regex: " {2,}" }, content: " " },
      ],
    },
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        ...(config.split_by_punct === true ? [{ type: "Punctuation", behavior: "Isolated" }] : []),
        metaspace,
      ],
    },
    post_processor: { type: "BertProcessing", sep, cls },
    decoder: metaspace,
    model: { type: "Unigram", unk_id: model.unknownId, byte_fallback: false, vocab },
  };
}

/** Refuses what a conversion would pass over without a word, so that ids would differ from SentencePiece's own. */
function checkKind(
  model: SentencePieceModel,
  config: TokenizerConfig,
  modelType: string | null,
  file: string,
): void {
  const tokenizer = config.tokenizer_class?.replace(/Fast$/, "") ?? null;
  const isDeberta =
    tokenizer === null
      ? modelType === null || modelType === "deberta-v2"
      : tokenizer === "DebertaV2Tokenizer";
  const refusal = !isDeberta
    ? `a SentencePiece model for ${tokenizer ?? modelType}`
    : model.kind !== "unigram"
      ? `a model of kind ${model.kind}`
      : model.byteFallback
        ? "a model that spells unknown characters in bytes (byte_fallback)"
        : model.addDummyPrefix
          ? null
          : "a model that puts no space before a text (add_dummy_prefix is false)";
  if (refusal === null) return;
  throw new TokenizerError({
    code: "unsupported-tokenizer",
    file,
    found: `${refusal}, without tokenizer.json`,
    expected: "tokenizer.json, or a unigram model of DebertaV2Tokenizer",
    remedy: "Save the tokenizer in transformers, which writes tokenizer.json.",
  });
}

/** Pieces that are found in a text before anything else: control symbols, which are special, and users' own. */
function ownTokens(model: SentencePieceModel): AddedToken[] {
  return model.pieces
    .filter(({ kind }) => kind === "control" || kind === "userDefined")
    .map(({ text, kind }) => ({ ...plainToken(text, kind === "control"), normalized: false }));
}
