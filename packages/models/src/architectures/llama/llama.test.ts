import { describe, expect, it } from "vitest";
import { architectureOf } from "../index.ts";
import { parseLlamaConfig } from "./config.ts";
import { frequencies } from "./rotary.ts";

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
  it("has its seven matrices under BERT's names, too", () => {
    const architecture = architectureOf(tiny);
    const modules = architecture.linearModules(architecture.parseConfig(tiny), { kind: "regression" });
    const bertNames = modules
      .filter(({ head }) => !head)
      .map(({ aliases: [alias] = [] }) => alias?.split(".").slice(3).join("."));
    expect(bertNames).toEqual([
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
