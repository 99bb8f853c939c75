import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { loadPretrained } from "@peftbench/models";
import { bareModel } from "@peftbench/peft";
import { createCpuExecutor, createRandom } from "@peftbench/runtime";
import { afterAll, describe, expect, it } from "vitest";
import { beamSearch } from "./beamSearch.ts";
import { drawToken, mostLikely } from "./chooseToken.ts";
import { generate } from "./generate.ts";
import { Generator } from "./generator.ts";

interface Reference {
  readonly prompts: readonly (readonly number[])[];
  readonly newTokens: number;
  readonly endToken: number;
  readonly startToken: number;
  readonly models: readonly {
    readonly fixture: string;
    readonly greedy: { readonly tokens: readonly number[][]; readonly gaps: readonly number[][] };
    readonly beams: readonly {
      readonly options: {
        readonly num_beams: number;
        readonly length_penalty: number;
        readonly early_stopping: boolean;
        readonly no_repeat_ngram_size: number;
      };
      readonly tokens: readonly number[][];
    }[];
  }[];
}

const fixtures = resolve(import.meta.dirname, "../../../models/fixtures");
const reference = JSON.parse(
  await readFile(join(fixtures, "generation/generated.json"), "utf8"),
) as Reference;
const { prompts, newTokens } = reference;
const endTokens = [reference.endToken];
const executor = createCpuExecutor({ threads: 1 });
afterAll(() => executor.dispose());

async function generatorOf(fixture: string, rows: number, reorders: boolean): Promise<Generator> {
  const head = { kind: "languageModel" } as const;
  const pretrained = await loadPretrained(join(fixtures, fixture), head, { seed: 0 });
  return Generator.create({
    ...{ executor, model: { ...pretrained, head }, stage: bareModel, values: pretrained.values },
    ...{ rows, reorders, newTokens, startToken: reference.startToken },
    ...{ promptLength: Math.max(...prompts.map(({ length }) => length)) },
  });
}

describe.each(reference.models)("$fixture", ({ fixture, greedy, beams }) => {
  it("has transformers' greedy tokens, of prompts of unequal length, where no two are next to equal", async () => {
    const generator = await generatorOf(fixture, prompts.length, false);
    const found = await generate(generator, prompts, { newTokens, endTokens, sampling: null });
    await generator.dispose();
    greedy.tokens.forEach((expected, row) => {
      const unsure = (greedy.gaps[row] ?? []).findIndex((gap) => gap < 1e-3);
      const sure = unsure === -1 ? expected.length : unsure;
      expect(found[row]?.slice(0, sure), `row ${row}`).toEqual(expected.slice(0, sure));
    });
  });

  it("has the same tokens whatever rows stand beside", async () => {
    const together = await generatorOf(fixture, prompts.length, false);
    const found = await generate(together, prompts, { newTokens, endTokens, sampling: null });
    const alone = await generatorOf(fixture, 1, false);
    for (const [row, prompt] of prompts.entries()) {
      const [own] = await generate(alone, [prompt], { newTokens, endTokens, sampling: null });
      const unsure = (greedy.gaps[row] ?? []).findIndex((gap) => gap < 1e-3);
      const sure = unsure === -1 ? newTokens : unsure;
      expect(own?.slice(0, sure)).toEqual(found[row]?.slice(0, sure));
    }
    await together.dispose();
    await alone.dispose();
  });

  it.each(beams)("has transformers' best beams: $options", async ({ options, tokens }) => {
    const generator = await generatorOf(fixture, prompts.length * options.num_beams, true);
    const found = await beamSearch(generator, prompts, {
      ...{ newTokens, endTokens, beams: options.num_beams, lengthPenalty: options.length_penalty },
      ...{ earlyStopping: options.early_stopping, noRepeatNgramSize: options.no_repeat_ngram_size },
    });
    await generator.dispose();
    expect(found).toEqual(tokens);
  });
});

describe("a generator", () => {
  it("refuses prompts that are empty, too long or of another number, and tokens without room", async () => {
    const generator = await generatorOf("gpt2/language-model", 1, false);
    await expect(generator.readPrompts([])).rejects.toThrow("Found 0 prompts; expected 1");
    await expect(generator.readPrompts([[]])).rejects.toThrow("0 tokens; expected 1 to 7");
    await expect(generator.readPrompts([[1, 2, 3, 4, 5, 6, 7, 8]])).rejects.toThrow("8 tokens");
    await generator.readPrompts([[1]]);
    for (let step = 0; step < newTokens; step++) await generator.readTokens([1]);
    await expect(generator.readTokens([1])).rejects.toThrow("All 12 places");
    await generator.dispose();
  });
});

describe("a drawn token", () => {
  const logits = [0, 3, 1, 2, -5].map(Math.fround);
  const shares = (how: Parameters<typeof drawToken>[1], draws = 20_000): readonly number[] => {
    const random = createRandom(7, "draws");
    const counts = logits.map(() => 0);
    for (let draw = 0; draw < draws; draw++) counts[drawToken(logits, how, random)]! += 1;
    return counts.map((count) => count / draws);
  };

  it("comes as often as softmax at the temperature says", () => {
    const powers = logits.map((logit) => Math.exp(logit / 2));
    const total = powers.reduce((sum, power) => sum + power, 0);
    shares({ temperature: 2, topK: null, topP: null }).forEach((share, token) => {
      expect(share).toBeCloseTo((powers[token] as number) / total, 1);
    });
  });

  it("is one of the k most likely, or of the nucleus", () => {
    expect(shares({ temperature: 1, topK: 2, topP: null }).map((share) => share > 0)).toEqual([
      ...[false, true, false, true, false],
    ]);
    // 0.64, 0.24, 0.09: two are needed for 0.8.
    expect(shares({ temperature: 1, topK: null, topP: 0.8 }).map((share) => share > 0)).toEqual([
      ...[false, true, false, true, false],
    ]);
    expect(shares({ temperature: 1, topK: null, topP: 0.1 })[1]).toBe(1);
  });

  it("is the same from the same seed, and refused where nothing is left to draw from", () => {
    const draw = () => drawToken(logits, { temperature: 1, topK: null, topP: null }, createRandom(1, "a"));
    expect(draw()).toBe(draw());
    const random = createRandom(1, "a");
    expect(() => drawToken(logits, { temperature: 0, topK: null, topP: null }, random)).toThrow(
      "temperature",
    );
    expect(() => drawToken(logits, { temperature: 1, topK: 0, topP: null }, random)).toThrow("topK");
    expect(() => drawToken(logits, { temperature: 1, topK: null, topP: 2 }, random)).toThrow("topP");
    expect(mostLikely(logits)).toBe(1);
  });
});
