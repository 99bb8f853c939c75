import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { expect, it } from "vitest";
import type { HeadSpec } from "./architecture.ts";
import { architectureOf } from "./index.ts";

const configs = resolve(import.meta.dirname, "../../../../models/configs");

/** Numbers of parameters that the makers publish, tied embeddings counted once. */
const languageModels = {
  "llama-2-7b": 6_738_415_616,
  "llama-3.2-1b": 1_235_814_400,
  "llama-3.2-3b": 3_212_749_824,
  "smollm2-135m": 134_515_008,
  gpt2: 124_439_808,
  "t5-small": 60_506_624,
  "t5-base": 222_903_552,
  "bart-base": 139_420_416,
  "bart-large": 406_291_456,
};

/** Of the encoder with its pooler, where it has one: RoBERTa's 124,645,632 less a pooler that its head does without. */
const encoders = { "bert-base": 109_482_240, "roberta-base": 124_645_632 - (768 * 768 + 768) };

async function baseParameters(name: string, head: HeadSpec): Promise<number> {
  const json: unknown = JSON.parse(await readFile(join(configs, `${name}.json`), "utf8"));
  const architecture = architectureOf(json);
  const declared = architecture.parameters(architecture.parseConfig(json), head);
  const base = declared.filter(({ role }) => role === "base");
  const elements = base.map(({ shape }) => shape.reduce((product, size) => product * size, 1));
  return elements.reduce((sum, each) => sum + each, 0);
}

it.each(Object.entries(languageModels))("%s has as many parameters as published", async (name, count) => {
  expect(await baseParameters(name, { kind: "languageModel" })).toBe(count);
});

it.each(Object.entries(encoders))("%s has as many parameters as published", async (name, count) => {
  expect(await baseParameters(name, { kind: "classification", labelCount: 2 })).toBe(count);
});
