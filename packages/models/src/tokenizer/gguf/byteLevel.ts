import { TokenizerError } from "../errors.ts";
import type { TokenizerJson } from "../tokenizerJson.ts";
import type { Surroundings } from "./surroundings.ts";
import { surroundingTemplate } from "./surroundings.ts";
import { badVocabulary, idsOf } from "./vocabulary.ts";

export interface ByteLevelVocabulary {
  /** A token's place is its id. */
  readonly tokens: readonly string[];
  /** Two tokens with a space between, the first merged first. */
  readonly merges: readonly string[];
  readonly addedTokens: TokenizerJson["added_tokens"];
  /** How llama.cpp calls the cutting of texts into words (`tokenizer.ggml.pre`). */
  readonly preTokenizer: string;
  readonly surroundings: Surroundings;
}

interface WordCutting {
  readonly preTokenizer: NonNullable<TokenizerJson["pre_tokenizer"]>;
  /** Whether a word that is a token is taken whole, without merges. */
  readonly ignoresMerges: boolean;
}

const byteLevel = (cutsWords: boolean) => ({
  type: "ByteLevel",
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: cutsWords,
});
const isolated = (pattern: string) => ({
  type: "Split",
  pattern: { Regex: pattern },
  behavior: "Isolated",
  invert: false,
});
const sequence = (...pretokenizers: readonly object[]) => ({ type: "Sequence", pretokenizers });

const gpt2: WordCutting = { preTokenizer: byteLevel(true), ignoresMerges: false };
/** GPT-2's words, every digit by itself. */
const smollm: WordCutting = {
  preTokenizer: sequence(isolated("\\p{N}"), byteLevel(true)),
  ignoresMerges: false,
};
const llama3: WordCutting = {
  preTokenizer: sequence(
    isolated(
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|" +
        "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
    ),
    byteLevel(false),
  ),
  ignoresMerges: true,
};

/** By llama.cpp's names (`llama_vocab::impl::load` in llama-vocab.cpp); the parts are those of the models' tokenizer.json. */
const wordCuttings: Readonly<Record<string, WordCutting>> = {
  "gpt-2": gpt2,
  smollm,
  "llama-bpe": llama3,
  llama3,
  "llama-v3": llama3,
};

/** Whether llama.cpp puts BOS before a text where the file does not say. */
export function opensWithBos(preTokenizer: string): boolean {
  return wordCuttings[preTokenizer] === llama3;
}

/**
 * The tokenizer.json of a byte-level BPE vocabulary as GGUF keeps it.
 * @throws {TokenizerError} `bad-tokenizer`, `unsupported-tokenizer` for words that are cut in another way
 */
export function ggufByteLevelJson(vocabulary: ByteLevelVocabulary, file: string): TokenizerJson {
  const cutting = wordCuttings[vocabulary.preTokenizer];
  if (cutting === undefined) {
    throw new TokenizerError({
      code: "unsupported-tokenizer",
      file,
      found: `tokenizer.ggml.pre = ${JSON.stringify(vocabulary.preTokenizer)}`,
      expected: Object.keys(wordCuttings).join(", "),
      remedy: "Put tokenizer.json of the original model beside the file, and give the folder of both.",
    });
  }
  const ids = idsOf(vocabulary.tokens, file);
  return {
    added_tokens: vocabulary.addedTokens,
    normalizer: null,
    pre_tokenizer: cutting.preTokenizer,
    post_processor: surroundingTemplate(vocabulary.surroundings),
    decoder: byteLevel(true),
    model: {
      type: "BPE",
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: cutting.ignoresMerges,
      vocab: Object.fromEntries(ids),
      merges: vocabulary.merges.map((merge) => readMerge(merge, ids, file)),
    },
  };
}

function readMerge(merge: string, ids: ReadonlyMap<string, number>, file: string): readonly [string, string] {
  const space = merge.indexOf(" ", 1);
  const [left, right] = [merge.slice(0, space), merge.slice(space + 1)];
  if (space > 0 && [left, right, left + right].every((token) => ids.has(token))) return [left, right];
  throw badVocabulary(
    file,
    `the merge ${JSON.stringify(merge)}`,
    "two tokens with a space between, which like both together are tokens of the file",
  );
}
