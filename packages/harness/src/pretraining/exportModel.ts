import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeSafetensors } from "@peftbench/models";
import { encodeHalf } from "@peftbench/runtime";
import type { PretrainingModel } from "./graphs.ts";
import { parametersOf } from "./graphs.ts";
import type { Pretrainer } from "./pretrainer.ts";

const TOKENIZER_FILES = ["tokenizer.json", "tokenizer_config.json", "vocab.txt"];

/**
 * Writes a Hugging Face folder: the weights in f16 under the names of `BertForPreTraining` (the decoder is the word
 * embeddings, as `tie_word_embeddings` says), config.json, the tokenizer's files and the card.
 */
export async function exportModel(
  folder: string,
  model: PretrainingModel & { readonly configJson: Readonly<Record<string, unknown>> },
  pretrainer: Pretrainer,
  tokenizerFolder: string,
  card: string,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const tensors = [];
  for (const { name, shape } of parametersOf(model)) {
    tensors.push({ name, shape, dtype: "F16" as const, data: encodeHalf(name, await pretrainer.read(name)) });
  }
  await writeSafetensors(join(folder, "model.safetensors"), tensors, { format: "pt" });
  await writeFile(join(folder, "config.json"), `${JSON.stringify(model.configJson, null, 2)}\n`);
  for (const file of TOKENIZER_FILES) await copyFile(join(tokenizerFolder, file), join(folder, file));
  await writeFile(join(folder, "README.md"), card);
}

/** config.json of a pretrained model: the configuration's, with what the vocabulary and the export decide. */
export function modelConfigJson(
  model: Readonly<Record<string, unknown>>,
  vocabularySize: number,
): Readonly<Record<string, unknown>> {
  return {
    architectures: ["BertForPreTraining"],
    ...model,
    vocab_size: vocabularySize,
    pad_token_id: 0,
    tie_word_embeddings: true,
    // What to compute in; the file's f16 is only how the weights are stored.
    dtype: "float32",
  };
}
