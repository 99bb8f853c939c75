import type { TokenizerConfig } from "./config.ts";
import { TokenizerError } from "./errors.ts";
import type { TokenizerJson } from "./tokenizerJson.ts";

/** Tokenizers of transformers that a vocab.txt alone describes: all of them are BERT's. */
const bertClasses = /^(Bert|DistilBert|Electra|MobileBert|ConvBert)Tokenizer(Fast)?$/;

/**
 * The tokenizer.json that BERT's vocab.txt (a token a line, its id the line's number counted from 0) stands for.
 * A token given twice has its last id, as in transformers.
 * @throws {TokenizerError} `missing-token`, `unsupported-tokenizer`
 */
export function bertTokenizerJson(
  vocabularyText: string,
  config: TokenizerConfig,
  file: string,
): TokenizerJson {
  const { tokenizer_class: tokenizerClass } = config;
  if (typeof tokenizerClass === "string" && !bertClasses.test(tokenizerClass)) {
    throw new TokenizerError({
      code: "unsupported-tokenizer",
      file,
      found: `a vocabulary for ${tokenizerClass} without tokenizer.json`,
      expected: "tokenizer.json, or the vocab.txt of a BERT tokenizer",
      remedy: "Save the tokenizer in transformers, which writes tokenizer.json.",
    });
  }
  const lines = vocabularyText.split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  const vocabulary = new Map(lines.map((token, id) => [token, id]));
  const special = {
    pad: config.pad_token ?? "[PAD]",
    unk: config.unk_token ?? "[UNK]",
    cls: config.cls_token ?? "[CLS]",
    sep: config.sep_token ?? "[SEP]",
    mask: config.mask_token ?? "[MASK]",
  };
  const idOf = (token: string): number => {
    const id = vocabulary.get(token);
    if (id !== undefined) return id;
    throw new TokenizerError({
      code: "missing-token",
      file,
      found: `no token ${JSON.stringify(token)} among ${vocabulary.size}`,
      expected: "the special tokens of BERT, one token a line",
      remedy:
        "Check that it is a vocab.txt of BERT; other names of special tokens belong into tokenizer_config.json.",
    });
  };
  const addedTokens = Object.values(special)
    .filter((token) => token !== special.mask || vocabulary.has(token))
    .map((content) => ({ id: idOf(content), content, special: true, normalized: false }));
  const specialToken = (content: string, typeId: number) => ({
    SpecialToken: { id: content, type_id: typeId },
  });
  const single = [
    specialToken(special.cls, 0),
    { Sequence: { id: "A", type_id: 0 } },
    specialToken(special.sep, 0),
  ];
  return {
    added_tokens: addedTokens,
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: config.tokenize_chinese_chars,
      strip_accents: config.strip_accents ?? null,
      lowercase: config.do_lower_case,
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: {
      type: "TemplateProcessing",
      single,
      pair: [...single, { Sequence: { id: "B", type_id: 1 } }, specialToken(special.sep, 1)],
      special_tokens: Object.fromEntries(
        [special.cls, special.sep].map((token) => [token, { ids: [idOf(token)] }]),
      ),
    },
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    model: {
      type: "WordPiece",
      unk_token: special.unk,
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(vocabulary),
    },
  };
}
