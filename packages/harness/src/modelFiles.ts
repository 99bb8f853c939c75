import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** What besides the weights decides what a model computes. */
const settingsFile = /^(config|tokenizer|tokenizer_config|special_tokens_map)\.json$|^(vocab|merges)\.txt$/;

/** Names of the configuration and the tokenizer's files in a model folder, in order. */
export async function modelSettingsFiles(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).filter((name) => settingsFile.test(name)).sort();
}

/**
 * sha256, in hexadecimal, of the lines `<sha256 of the file>  <file name>\n` for the configuration and the tokenizer's
 * files in a model folder, in the order of their names: a changed tokenizer changes a run as much as changed weights.
 */
export async function modelSettingsChecksum(folder: string): Promise<string> {
  const lines: string[] = [];
  for (const name of await modelSettingsFiles(folder))
    lines.push(`${sha256(await readFile(join(folder, name)))}  ${name}\n`);
  return sha256(lines.join(""));
}

function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
