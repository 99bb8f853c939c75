import { join } from "node:path";
import { listFolder, readTextFile } from "../checkpoint/files.ts";
import { bertTokenizerJson } from "./bertVocabulary.ts";
import { parseTokenizerConfig, parseTokenizerJson } from "./config.ts";
import { TokenizerError } from "./errors.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { createTokenizer } from "./tokenizer.ts";
import { checkTokenizerJson } from "./tokenizerJson.ts";

export interface LoadTokenizerOptions {
  /** The token to pad with, for tokenizers whose files name none. */
  readonly padToken?: string;
}

/**
 * Reads a tokenizer from a folder: tokenizer.json, or BERT's vocab.txt alone; tokenizer_config.json where it is there.
 * @throws {TokenizerError} naming the file, what was found, what was expected and what to do
 */
export async function loadTokenizer(folder: string, options: LoadTokenizerOptions = {}): Promise<Tokenizer> {
  const names = await listFolder(folder);
  if (names === null) {
    throw new TokenizerError({
      code: "missing-folder",
      file: folder,
      found: "no such folder",
      expected: "a folder with tokenizer.json or vocab.txt",
      remedy: "Check the path.",
    });
  }
  const configPath = join(folder, "tokenizer_config.json");
  const config = parseTokenizerConfig(await readTextFile(configPath), configPath);
  const jsonPath = join(folder, "tokenizer.json");
  const jsonText = await readTextFile(jsonPath);
  if (jsonText !== null) {
    const json = checkTokenizerJson(parseTokenizerJson(jsonText, jsonPath), jsonPath);
    return createTokenizer(json, config, jsonPath, options.padToken);
  }
  const vocabularyPath = join(folder, "vocab.txt");
  const vocabularyText = await readTextFile(vocabularyPath);
  if (vocabularyText !== null) {
    const json = bertTokenizerJson(vocabularyText, config, vocabularyPath);
    return createTokenizer(json, config, vocabularyPath, options.padToken);
  }
  throw new TokenizerError({
    code: "missing-tokenizer",
    file: folder,
    found: `neither tokenizer.json nor vocab.txt among ${names.join(", ") || "nothing"}`,
    expected: "one of them",
    remedy:
      "Copy tokenizer.json of the same model into the folder (transformers writes it with save_pretrained).",
  });
}
