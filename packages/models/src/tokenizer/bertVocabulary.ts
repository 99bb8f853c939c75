import type { TokenFiles } from "./addedTokens.ts";
import { listAddedTokens, specialTokenId } from "./addedTokens.ts";
import type { TokenizerConfig } from "./config.ts";
import { TokenizerError } from "./errors.ts";
import type { TokenizerJson } from "./tokenizerJson.ts";

/** Tokenizers of transformers that a vocab.txt alone describes: all of them are BERT's. */
const bertClasses = /^(Bert|DistilBert|Electra|MobileBert|ConvBert)Tokenizer(Fast)?$/;

const bertTokens = { unk: "[UNK]", sep: "[SEP]", pad: "[PAD]", cls: "[CLS]", mask: "[MASK]" } as const;

/**
 * The tokenizer.json that BERT's vocab.txt (a token a line, its id the line's number counted from 0) stands for.
 * A token given twice has its last id, as in transformers. A vocabulary without [MASK] does without one.
 * @throws {TokenizerError} `missing-token`, `unsupported-tokenizer`
 */
export function bertTokenizerJson(
  vocabularyText: string,
  config: TokenizerConfig,
  tokens: TokenFiles,
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
  const { mask, ...required } = bertTokens;
  const defaults = vocabulary.has(mask) ? bertTokens : required;
  const addedTokens = listAddedTokens(vocabulary, defaults, tokens, file);
  const name = (role: keyof typeof bertTokens): string => tokens.named.get(role)?.content ?? bertTokens[role];
  const idOf = (role: keyof typeof bertTokens): number =>
    specialTokenId(name(role), vocabulary, tokens, file, "BERT");
  const ids = { cls: idOf("cls"), sep: idOf("sep"), pad: idOf("pad"), unk: idOf("unk") };
  const specialToken = (role: "cls" | "sep", typeId: number) => ({
    SpecialToken: { id: name(role), type_id: typeId },
  });
  const single = [specialToken("cls", 0), { Sequence: { id: "A", type_id: 0 } }, specialToken("sep", 0)];
  return {
    added_tokens: addedTokens,
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: config.tokenize_chinese_chars,
      strip_accents: config.strip_accents ?? null,
      lowercase: config.do_lower_case ?? true,
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: {
      type: "TemplateProcessing",
      single,
      pair: [...single, { Sequence: { id: "B", type_id: 1 } }, specialToken("sep", 1)],
      special_tokens: Object.fromEntries(
        (["cls", "sep"] as const).map((role) => {
          const content = name(role);
          return [content, { id: content, ids: [ids[role]], tokens: [content] }];
        }),
      ),
    },
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    model: {
      type: "WordPiece",
      unk_token: name("unk"),
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(vocabulary),
    },
  };
}
