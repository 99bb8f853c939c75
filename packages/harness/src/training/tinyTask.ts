import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createRandom } from "@peftbench/runtime";

const CHECKPOINT = fileURLToPath(new URL("../../../models/fixtures/bert/gelu-erf/", import.meta.url));
const VOCABULARY_SIZE = 120;
const GOOD = ["w10", "w11", "w12", "w13"];
const BAD = ["w20", "w21", "w22", "w23"];

/** A model folder of the tiny random BERT with a vocabulary of the words w0, w1, ... */
export async function writeTinyModel(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of ["config.json", "model.safetensors"])
    await copyFile(join(CHECKPOINT, name), join(folder, name));
  const special = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]"];
  const words = Array.from({ length: VOCABULARY_SIZE - special.length }, (_, index) => `w${index}`);
  await writeFile(join(folder, "vocab.txt"), `${[...special, ...words].join("\n")}\n`);
}

/** An SST-2 folder of sentences that are positive where they hold a word out of a short list. */
export async function writeTinySst2(
  folder: string,
  rows: { readonly train: number; readonly dev: number },
): Promise<void> {
  await mkdir(join(folder, "SST-2"), { recursive: true });
  for (const [split, count] of Object.entries(rows)) {
    const random = createRandom(5, split);
    const lines = Array.from({ length: count }, () => {
      const label = random.integer(2);
      const decisive = (label === 1 ? GOOD : BAD)[random.integer(4)] ?? "w10";
      const words = Array.from({ length: 1 + random.integer(10) }, () => `w${30 + random.integer(12)}`);
      words[random.integer(words.length)] = decisive;
      return `${words.join(" ")}\t${label}`;
    });
    await writeFile(join(folder, "SST-2", `${split}.tsv`), `sentence\tlabel\n${lines.join("\n")}\n`);
  }
}
