import { z } from "zod";
import type { SpecialTokenRole, TokenFiles } from "./addedTokens.ts";
import { listAddedTokens, specialTokenId } from "./addedTokens.ts";
import type { TokenizerConfig } from "./config.ts";
import { parseTokenizerJson } from "./config.ts";
import { TokenizerError } from "./errors.ts";
import type { TokenizerJson } from "./tokenizerJson.ts";

const vocabularySchema = z.record(z.string(), z.int().nonnegative());

const robertaTokens = {
  bos: "<s>",
  eos: "</s>",
  unk: "<unk>",
  sep: "</s>",
  pad: "<pad>",
  cls: "<s>",
  mask: "<mask>",
} as const satisfies Record<SpecialTokenRole, string>;
const gpt2Tokens = { bos: "<|endoftext|>", eos: "<|endoftext|>", unk: "<|endoftext|>" } as const;

/** Files of a byte-level BPE vocabulary: their contents, and what messages call them. */
export interface ByteLevelFiles {
  readonly vocabularyText: string;
  readonly vocabularyFile: string;
  readonly mergesText: string;
  readonly mergesFile: string;
}

/**
 * The tokenizer.json that vocab.json (token to id) and merges.txt (two tokens a line, the first merged first) stand
 * for, as RobertaTokenizer and GPT2Tokenizer of transformers build it.
 * @param modelType `model_type` in config.json, for folders that do not name their tokenizer
 * @throws {TokenizerError} `bad-json`, `bad-tokenizer` with the line of merges.txt, `missing-token`, `unsupported-tokenizer`
 */
export function byteLevelTokenizerJson(
  files: ByteLevelFiles,
  config: TokenizerConfig,
  modelType: string | null,
  tokens: TokenFiles,
): TokenizerJson {
  const file = files.vocabularyFile;
  const vocabulary = readVocabulary(files.vocabularyText, file);
  const kind = kindOf(vocabulary, config, modelType, file);
  const defaults: Partial<Record<SpecialTokenRole, string>> = kind === "roberta" ? robertaTokens : gpt2Tokens;
  const addedTokens = listAddedTokens(vocabulary, defaults, tokens, file);
  const tokenAndId = (role: SpecialTokenRole, name: string): [string, number] => {
    const content = tokens.named.get(role)?.content ?? defaults[role] ?? "";
    return [content, specialTokenId(content, vocabulary, tokens, file, name)];
  };
  let postProcessor: unknown = null;
  if (kind === "roberta") {
    const [sep, cls] = [tokenAndId("sep", "RoBERTa"), tokenAndId("cls", "RoBERTa")];
    postProcessor = { type: "RobertaProcessing", sep, cls };
  } else if (config.add_bos_token === true) {
    postProcessor = bosTemplate(...tokenAndId("bos", "GPT-2"));
  }
  return {
    added_tokens: addedTokens,
    normalizer: null,
    pre_tokenizer: {
      type: "ByteLevel",
      add_prefix_space: config.add_prefix_space === true,
      trim_offsets: true,
      use_regex: true,
    },
    post_processor: postProcessor,
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: "BPE",
      unk_token: null,
      continuing_subword_prefix: "",
      end_of_word_suffix: "",
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(vocabulary),
      merges: readMerges(files.mergesText, vocabulary, files.mergesFile),
    },
  };
}

function readVocabulary(text: string, file: string): ReadonlyMap<string, number> {
  const fail = (found: string): TokenizerError =>
    new TokenizerError({
      code: "bad-tokenizer",
      file,
      found,
      expected: "an object of ids by token, with every id from 0 on once",
      remedy: "The file is damaged or was edited; download it again.",
    });
  const parsed = vocabularySchema.safeParse(parseTokenizerJson(text, file));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw fail(`${issue?.path.join(".") || "the whole"}: ${issue?.message}`);
  }
  const vocabulary = new Map(Object.entries(parsed.data));
  const tokenOf = new Map<number, string>();
  for (const [token, id] of vocabulary) {
    const other = tokenOf.get(id);
    if (other !== undefined) throw fail(`id ${id} for ${JSON.stringify(other)} and ${JSON.stringify(token)}`);
    tokenOf.set(id, token);
  }
  for (let id = 0; id < vocabulary.size; id++) {
    if (!tokenOf.has(id)) throw fail(`no token with id ${id} among ${vocabulary.size}`);
  }
  return vocabulary;
}

function kindOf(
  vocabulary: ReadonlyMap<string, number>,
  config: TokenizerConfig,
  modelType: string | null,
  file: string,
): "roberta" | "gpt2" {
  const name = config.tokenizer_class?.replace(/Fast$/, "") ?? null;
  if (name === "RobertaTokenizer" || (name === null && modelType === "roberta")) return "roberta";
  if (name === "GPT2Tokenizer" || (name === null && modelType === "gpt2")) return "gpt2";
  if (name === null && modelType === null) {
    if (vocabulary.has("<s>") && vocabulary.has("</s>")) return "roberta";
    if (vocabulary.has("<|endoftext|>")) return "gpt2";
  }
  throw new TokenizerError({
    code: "unsupported-tokenizer",
    file,
    found: `a vocabulary for ${name ?? modelType ?? "a model without a name"} without tokenizer.json`,
    expected: "tokenizer.json, or vocab.json and merges.txt of a RoBERTa or GPT-2 tokenizer",
    remedy: "Save the tokenizer in transformers, which writes tokenizer.json.",
  });
}

/** A token before each sequence, which GPT-2 has only where it is asked for. */
function bosTemplate(content: string, id: number): unknown {
  const sequence = (name: "A" | "B", typeId: number) => [
    { SpecialToken: { id: content, type_id: typeId } },
    { Sequence: { id: name, type_id: typeId } },
  ];
  return {
    type: "TemplateProcessing",
    single: sequence("A", 0),
    pair: [...sequence("A", 0), ...sequence("B", 1)],
    special_tokens: { [content]: { ids: [id] } },
  };
}

function readMerges(
  text: string,
  vocabulary: ReadonlyMap<string, number>,
  file: string,
): readonly (readonly [string, string])[] {
  const merges: [string, string][] = [];
  text.split(/\r?\n/).forEach((line, index) => {
    if (line === "" || line.startsWith("#version")) return;
    const [left, right, ...more] = line.split(" ");
    const isPair = left !== undefined && right !== undefined && more.length === 0;
    if (isPair && [left, right, left + right].every((token) => vocabulary.has(token))) {
      merges.push([left, right]);
      return;
    }
    throw new TokenizerError({
      code: "bad-tokenizer",
      file,
      found: `line ${index + 1}: ${JSON.stringify(line.slice(0, 80))}`,
      expected: "two tokens with a space between, which like both together are in vocab.json",
      remedy: "The file is damaged, or vocab.json is another model's; download both again.",
    });
  });
  return merges;
}
