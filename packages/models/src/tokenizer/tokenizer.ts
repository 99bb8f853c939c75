import { Tokenizer as TokenizerLibrary } from "@huggingface/tokenizers";
import { createAddedTokenSearch } from "./addedTokenSearch.ts";
import type { TokenizerConfig } from "./config.ts";
import { TokenizerError } from "./errors.ts";
import type { TextPlace } from "./referenceParts.ts";
import { referenceDecoder, referenceNormalizer, referencePreTokenizer } from "./referenceParts.ts";
import { fillTemplate, readTemplate, specialTokenCount } from "./template.ts";
import type { TokenizerJson } from "./tokenizerJson.ts";
import { countIds } from "./tokenizerJson.ts";
import { longestFirst } from "./truncate.ts";

/** Text to token ids and back, equal to the fast tokenizer of transformers. */
export interface Tokenizer {
  /**
   * Token ids with special tokens, and for each the sequence it belongs to (0 or 1, as the model's token types).
   * @param pair a second sequence; an empty one still counts as one, as in a batch of transformers
   * @param options.maxLength most tokens, special ones included; more are cut off, from the longer sequence first
   * @throws {RangeError} where `maxLength` leaves no room beside the special tokens
   */
  encode(text: string, pair?: string, options?: { readonly maxLength?: number }): EncodedText;
  /** Text without special tokens. */
  decode(ids: ArrayLike<number>): string;
  readonly padId: number;
  /** Every id is below it. */
  readonly vocabSize: number;
}

/** Lists of equal length. */
export interface EncodedText {
  readonly ids: number[];
  readonly typeIds: number[];
  /** Whether tokens were cut off to keep within `maxLength`. */
  readonly truncated: boolean;
}

/**
 * Makes a tokenizer out of its parsed files.
 * @param file what messages call it
 * @param padToken the token to pad with; null for what the parsed file itself pads with
 * @throws {TokenizerError} `unsupported-tokenizer`, `missing-token`
 */
export function createTokenizer(
  json: TokenizerJson,
  config: TokenizerConfig,
  file: string,
  padToken: string | null,
): Tokenizer {
  const library = openLibrary(json, config, file);
  const template = readTemplate(json.post_processor, file);
  const textIds = createTextEncoder(library, json);
  const cut = (ids: number[], length: number): number[] =>
    config.truncation_side === "left" ? ids.slice(ids.length - length) : ids.slice(0, length);
  return {
    padId: findPadId(library, json, padToken, file),
    vocabSize: countIds(json),
    encode: (text, pair, { maxLength } = {}) => {
      const items = pair === undefined ? template.single : template.pair;
      const limit = (maxLength ?? Number.POSITIVE_INFINITY) - specialTokenCount(items);
      if (!(limit >= 0)) {
        throw new RangeError(
          `maxLength is ${maxLength}, but special tokens alone are ${specialTokenCount(items)}. Allow more tokens.`,
        );
      }
      const firstIds = textIds(text);
      const secondIds = pair === undefined ? [] : textIds(pair);
      const [firstLength, secondLength] = longestFirst(firstIds.length, secondIds.length, limit);
      return {
        ...fillTemplate(items, cut(firstIds, firstLength), cut(secondIds, secondLength)),
        truncated: firstLength + secondLength < firstIds.length + secondIds.length,
      };
    },
    decode: (ids) => {
      if (ids.length === 0) return "";
      return library.decode(Array.from(ids), {
        skip_special_tokens: true,
        clean_up_tokenization_spaces: config.clean_up_tokenization_spaces,
      });
    },
  };
}

/**
 * Ids of a text without special tokens around it: added tokens are looked for in the text as it is, then in what the
 * normalizer makes of the parts between, and what remains goes to the pre-tokenizer and the model.
 */
function createTextEncoder(library: TokenizerLibrary, json: TokenizerJson): (text: string) => number[] {
  const { model, normalizer, pre_tokenizer: preTokenizer } = library;
  const normalize = (text: string): string => (normalizer === null ? text : normalizer.normalize(text));
  const tokens = json.added_tokens;
  const search = createAddedTokenSearch(
    tokens.filter((token) => !token.normalized),
    ({ content }) => content,
  );
  const searchNormalized = createAddedTokenSearch(
    tokens.filter((token) => token.normalized),
    ({ content }) => normalize(content),
  );
  const wordIds = (text: string, wholeFromStart: string | null): number[] => {
    if (model === null) return [];
    const place: TextPlace = { wholeFromStart };
    const words = preTokenizer === null ? [text] : preTokenizer._call(text, place);
    // Word by word, as unknown words that follow each other are not one.
    return words
      .flatMap((word) =>
        model._call([word]).map((token) => model.tokens_to_ids.get(token) ?? model.unk_token_id ?? []),
      )
      .flat();
  };
  return (text) =>
    search(text).flatMap((section) => {
      if ("id" in section) return [section.id];
      const isAtStart = section.start === 0 && !losesFirst(section.text, normalize);
      return searchNormalized(normalize(section.text)).flatMap((part) => {
        if ("id" in part) return [part.id];
        return wordIds(part.text, isAtStart && part.start === 0 ? part.text : null);
      });
    });
}

/** Whether normalization removes a text's first character, so that what is left begins later in the input. */
function losesFirst(text: string, normalize: (text: string) => string): boolean {
  const [first = ""] = text;
  return normalize(first) === "" && normalize(text) === normalize(text.slice(first.length));
}

/** Older files leave the name out; the library then tells the kind from the other fields. */
const knownModels: readonly (string | undefined)[] = ["WordPiece", "BPE", "Unigram", undefined];

/** The library's tokenizer without special tokens (the template adds them), with parts that differ replaced. */
function openLibrary(json: TokenizerJson, config: TokenizerConfig, file: string): TokenizerLibrary {
  const { normalizer, pre_tokenizer: preTokenizer, model } = json;
  let library: TokenizerLibrary;
  try {
    // The library would take any other name for a kind that is long gone, and fail at the first text.
    if (!knownModels.includes(model.type)) throw new Error(`model ${model.type}`);
    // The library refuses a file that leaves one of these parts out instead of giving null.
    library = new TokenizerLibrary(
      {
        ...json,
        normalizer: normalizer ?? null,
        pre_tokenizer: preTokenizer ?? null,
        post_processor: null,
        decoder: json.decoder ?? null,
      },
      config,
    );
  } catch (cause) {
    throw new TokenizerError({
      code: "unsupported-tokenizer",
      file,
      found: `a part that is not understood (${cause instanceof Error ? cause.message : String(cause)})`,
      expected: "a WordPiece, BPE or Unigram tokenizer",
      remedy: "Save the tokenizer anew with a current version of transformers.",
    });
  }
  library.normalizer = referenceNormalizer(library.normalizer, normalizer, file);
  library.pre_tokenizer = referencePreTokenizer(library.pre_tokenizer, preTokenizer, file);
  library.decoder = referenceDecoder(library.decoder, json.decoder, file);
  // The library would find added tokens within words too, and take an unknown word for one.
  const own = new Set(
    Array.isArray(model.vocab) ? model.vocab.map(([text]) => text) : Object.keys(model.vocab),
  );
  for (const { content } of json.added_tokens) {
    if (!own.has(content)) library.model?.tokens_to_ids.delete(content);
  }
  return library;
}

function findPadId(
  library: TokenizerLibrary,
  json: TokenizerJson,
  padToken: string | null,
  file: string,
): number {
  const padding = json.padding;
  if (padToken === null && typeof padding === "object" && padding !== null && "pad_id" in padding) {
    if (Number.isSafeInteger(padding.pad_id)) return padding.pad_id as number;
  }
  const candidates = padToken === null ? ["[PAD]", "<pad>"] : [padToken];
  for (const token of candidates) {
    const id = json.added_tokens.find(({ content }) => content === token)?.id ?? library.token_to_id(token);
    if (id !== undefined) return id;
  }
  throw new TokenizerError({
    code: "missing-token",
    file,
    found: `no token ${candidates.join(" or ")} to pad with`,
    expected: "a padding token",
    remedy: 'Name one as "pad_token" in tokenizer_config.json (padding is masked, so any token will do).',
  });
}
