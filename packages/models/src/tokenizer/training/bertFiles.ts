import { normalizeBertText, splitBertText } from "../bertText.ts";
import { bertTokenizerJson } from "../bertVocabulary.ts";
import { parseTokenizerConfig } from "../config.ts";

/** In the order of their ids: padding is 0, as BERT has it. */
export const BERT_SPECIAL_TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] as const;

const TEXT_OPTIONS = { cleanText: true, splitIdeographs: true, stripAccents: true, lowercase: true } as const;

/** The words that a lowercase BERT tokenizer looks up in its vocabulary. */
export function bertWords(text: string): readonly string[] {
  return splitBertText(normalizeBertText(text, TEXT_OPTIONS));
}

/**
 * The files of a lowercase BERT tokenizer by their names, for this project and for transformers.
 * @param vocabulary a token for each id, {@link BERT_SPECIAL_TOKENS} among them
 * @param maxLength longest input of the model, in tokens
 */
export function bertTokenizerFiles(
  vocabulary: readonly string[],
  maxLength: number,
): Readonly<Record<"vocab.txt" | "tokenizer.json" | "tokenizer_config.json", string>> {
  const [pad, unknown, start, end, mask] = BERT_SPECIAL_TOKENS;
  const settings = {
    tokenizer_class: "BertTokenizer",
    do_lower_case: true,
    strip_accents: null,
    tokenize_chinese_chars: true,
    pad_token: pad,
    unk_token: unknown,
    cls_token: start,
    sep_token: end,
    mask_token: mask,
    model_max_length: maxLength,
  };
  const vocabularyText = `${vocabulary.join("\n")}\n`;
  const config = parseTokenizerConfig(JSON.stringify(settings), "tokenizer_config.json");
  const tokens = { named: new Map(), further: [] };
  const parts = bertTokenizerJson(vocabularyText, config, tokens, "vocab.txt");
  const json = { version: "1.0", truncation: null, padding: null, ...parts };
  return {
    "vocab.txt": vocabularyText,
    "tokenizer.json": `${JSON.stringify(json, null, 1)}\n`,
    "tokenizer_config.json": `${JSON.stringify(settings, null, 2)}\n`,
  };
}
