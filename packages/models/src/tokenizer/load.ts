import { join } from "node:path";
import { listFolder, readBytesFile, readTextFile } from "../checkpoint/files.ts";
import type { TokenFiles } from "./addedTokens.ts";
import { readTokenFiles } from "./addedTokens.ts";
import { bertTokenizerJson } from "./bertVocabulary.ts";
import { byteLevelTokenizerJson } from "./byteLevelVocabulary.ts";
import type { TokenizerConfig } from "./config.ts";
import { parseTokenizerConfig, parseTokenizerJson } from "./config.ts";
import { TokenizerError } from "./errors.ts";
import { readSentencePieceModel } from "./sentencePieceModel.ts";
import { sentencePieceTokenizerJson } from "./sentencePieceVocabulary.ts";
import { readFileTokenizer } from "./singleFile.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { createTokenizer } from "./tokenizer.ts";
import type { TokenizerJson } from "./tokenizerJson.ts";
import { checkTokenizerJson } from "./tokenizerJson.ts";

export interface LoadTokenizerOptions {
  /** The token to pad with, for tokenizers whose files name none. */
  readonly padToken?: string;
}

/** Files of which one makes a tokenizer, the first that is there. */
const vocabularyFiles = ["tokenizer.json", "spm.model", "vocab.json", "merges.txt", "vocab.txt"] as const;

/**
 * Reads a tokenizer from a folder: tokenizer.json; or DeBERTa's spm.model, vocab.json and merges.txt of RoBERTa or
 * GPT-2, BERT's vocab.txt. Beside them count, where they are there, tokenizer_config.json, special_tokens_map.json,
 * added_tokens.json and the `model_type` of config.json. Or the tokenizer of a model file, by the file's path or as the
 * only one of a folder without those: a GGUF file's own, or llama2.c's beside the checkpoint.
 * @throws {TokenizerError} naming the file, what was found, what was expected and what to do
 */
export async function loadTokenizer(path: string, options: LoadTokenizerOptions = {}): Promise<Tokenizer> {
  const names = await listFolder(path);
  const name = vocabularyFiles.find((one) => names?.includes(one));
  if (name !== undefined) return loadFolder(path, name, options);
  const found = await readFileTokenizer(path);
  if (found === null) throw noTokenizer(path, names);
  const config = parseTokenizerConfig(null, found.file);
  return createTokenizer(found.json, config, found.file, options.padToken ?? found.padToken);
}

function noTokenizer(path: string, names: readonly string[] | null): TokenizerError {
  if (names === null) {
    return new TokenizerError({
      code: "missing-folder",
      file: path,
      found: "no such folder",
      expected: "a folder with a tokenizer, or a model file with one",
      remedy: "Check the path.",
    });
  }
  return new TokenizerError({
    code: "missing-tokenizer",
    file: path,
    found: `none of ${vocabularyFiles.join(", ")} among ${names.join(", ") || "nothing"}`,
    expected: "one of them, or a GGUF file",
    remedy:
      "Copy tokenizer.json of the same model into the folder (transformers writes it with save_pretrained).",
  });
}

async function loadFolder(
  folder: string,
  name: (typeof vocabularyFiles)[number],
  options: LoadTokenizerOptions,
): Promise<Tokenizer> {
  const read = (one: string): Promise<string | null> => readTextFile(join(folder, one));
  const configText = await read("tokenizer_config.json");
  const config = parseTokenizerConfig(configText, join(folder, "tokenizer_config.json"));
  const tokens = readTokenFiles(
    {
      config: configText,
      specialTokens: await read("special_tokens_map.json"),
      addedTokens: await read("added_tokens.json"),
    },
    folder,
  );
  const json = await readVocabulary(folder, name, config, tokens);
  const padToken = options.padToken ?? tokens.named.get("pad")?.content ?? null;
  return createTokenizer(json, config, join(folder, name), padToken);
}

async function readVocabulary(
  folder: string,
  name: (typeof vocabularyFiles)[number],
  config: TokenizerConfig,
  tokens: TokenFiles,
): Promise<TokenizerJson> {
  const path = join(folder, name);
  switch (name) {
    case "tokenizer.json":
      return checkTokenizerJson(parseTokenizerJson(await readNeeded(folder, name), path), path);
    case "spm.model": {
      const model = readSentencePieceModel(await readBytesFile(path), path);
      return sentencePieceTokenizerJson(model, config, await readModelType(folder), tokens, path);
    }
    case "vocab.json":
    case "merges.txt": {
      const files = {
        vocabularyText: await readNeeded(folder, "vocab.json", "merges.txt"),
        vocabularyFile: join(folder, "vocab.json"),
        mergesText: await readNeeded(folder, "merges.txt", "vocab.json"),
        mergesFile: join(folder, "merges.txt"),
      };
      return byteLevelTokenizerJson(files, config, await readModelType(folder), tokens);
    }
    case "vocab.txt":
      return bertTokenizerJson(await readNeeded(folder, name), config, tokens, path);
  }
}

async function readNeeded(folder: string, name: string, besides?: string): Promise<string> {
  const text = await readTextFile(join(folder, name));
  if (text !== null) return text;
  throw new TokenizerError({
    code: "missing-file",
    file: join(folder, name),
    found: `no such file${besides === undefined ? "" : `, beside ${besides}`}`,
    expected: "the file: each is one half of a byte-level BPE tokenizer",
    remedy:
      "Download it from where the other came from, or save the tokenizer in transformers as tokenizer.json.",
  });
}

/** `model_type` in config.json; null where nothing says it. */
async function readModelType(folder: string): Promise<string | null> {
  const path = join(folder, "config.json");
  const text = await readTextFile(path);
  const config = text === null ? null : parseTokenizerJson(text, path);
  const isNamed = typeof config === "object" && config !== null && "model_type" in config;
  return isNamed && typeof config.model_type === "string" ? config.model_type : null;
}
