import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { architectureOf } from "../index.ts";
import { parseLlamaConfig } from "./config.ts";
import { frequencies } from "./rotary.ts";

const configs = resolve(import.meta.dirname, "../../../../../models/configs");
const read = async (name: string): Promise<Record<string, unknown>> =>
  JSON.parse(await readFile(join(configs, `${name}.json`), "utf8"));

/** Published numbers of parameters, with the output embeddings of the language model, which classification leaves out. */
const published = {
  "llama-2-7b": 6_738_415_616,
  "llama-3.2-1b": 1_235_814_400,
  "llama-3.2-3b": 3_212_749_824,
  "smollm2-135m": 134_515_008,
};

const tiny = {
  model_type: "llama",
  vocab_size: 50,
  hidden_size: 8,
  intermediate_size: 12,
  num_hidden_layers: 1,
  num_attention_heads: 2,
};
const llama3 = {
  rope_type: "llama3",
  factor: 8,
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 8192,
};

describe("Llama", () => {
  it.each(Object.entries(published))("has as many parameters as published: %s", async (name, count) => {
    const json = await read(name);
    const architecture = architectureOf(json);
    const config = architecture.parseConfig(json);
    const base = architecture
      .parameters(config, { kind: "classification", labelCount: 2 })
      .filter(({ role }) => role === "base")
      .reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);
    const output = json.tie_word_embeddings === true ? 0 : Number(json.vocab_size) * Number(json.hidden_size);
    expect(base + output).toBe(count);
  });

  it("has its seven matrices under BERT's names, too", async () => {
    const architecture = architectureOf(tiny);
    const modules = architecture.linearModules(architecture.parseConfig(tiny), { kind: "regression" });
    const aliases = modules
      .filter(({ head }) => !head)
      .map(({ alias }) => alias?.split(".").slice(3).join("."));
    expect(aliases).toEqual([
      ...["attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"],
      ...["gate.intermediate.dense", "up.intermediate.dense", "output.dense"],
    ]);
  });

  it("stretches long waves by the factor, leaves short ones, and blends between (Llama 3.1)", () => {
    const rotary = parseLlamaConfig({ ...tiny, rope_theta: 500_000, rope_scaling: llama3 }).rotary;
    const plain = frequencies({ theta: 500_000, scaling: null }, 128);
    const stretched = frequencies(rotary, 128);
    const ratios = stretched.map((frequency, pair) => (plain[pair] as number) / frequency);
    for (const [pair, ratio] of ratios.entries()) {
      const wavelength = (2 * Math.PI) / (plain[pair] as number);
      if (wavelength < 8192 / 4) expect(ratio).toBe(1);
      else if (wavelength > 8192) expect(ratio).toBeCloseTo(8, 12);
      else expect(ratio).toSatisfy((found: number) => found > 1 && found < 8);
    }
    expect(ratios.toSorted((a, b) => a - b)).toEqual(ratios);
  });

  it.each([
    [{ rope_scaling: { rope_type: "yarn", factor: 2 } }, /rope_scaling\.rope_type.*yarn/],
    [{ rope_scaling: { type: "linear" } }, /rope_scaling\.factor/],
    [{ rope_parameters: { ...llama3, low_freq_factor: undefined } }, /rope_parameters\.low_freq_factor/],
    [{ num_key_value_heads: 3 }, /num_key_value_heads/],
    [{ hidden_act: "gelu" }, /hidden_act/],
  ])("refuses %j by name", (change, message) => {
    expect(() => parseLlamaConfig(tiny)).not.toThrow();
    expect(() => parseLlamaConfig({ ...tiny, ...change })).toThrow(message);
  });
});
