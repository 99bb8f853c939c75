import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { expect, it } from "vitest";
import { architectureOf } from "./index.ts";

const configs = resolve(import.meta.dirname, "../../../../models/configs");

/** Numbers of parameters that the makers publish, of the language model with tied embeddings counted once. */
const published = {
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

it.each(Object.entries(published))("%s has as many parameters as published", async (name, count) => {
  const json: unknown = JSON.parse(await readFile(join(configs, `${name}.json`), "utf8"));
  const architecture = architectureOf(json);
  const declared = architecture.parameters(architecture.parseConfig(json), { kind: "languageModel" });
  const elements = declared.map(({ shape }) => shape.reduce((product, size) => product * size, 1));
  expect(elements.reduce((sum, each) => sum + each, 0)).toBe(count);
});
