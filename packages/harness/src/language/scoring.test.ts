import { resolve } from "node:path";
import { methods } from "@peftbench/methods";
import { loadPretrained } from "@peftbench/models";
import { attachMethod } from "@peftbench/peft";
import { createCpuExecutor } from "@peftbench/runtime";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TINY_TRAINING } from "../training/tinyGrid.ts";
import { Trainer } from "../training/trainer.ts";
import type { LanguageExample } from "./languageBatch.ts";
import { languageBatch } from "./languageBatch.ts";
import { chooseOption, perplexityOf, scoreExamples } from "./scoring.ts";

const folder = resolve(import.meta.dirname, "../../../models/fixtures/llama/tied-embeddings");
const executor = createCpuExecutor({ threads: 1 });
const TOTAL_STEPS = 40;

async function trainerOf(methodId: string, config: object): Promise<Trainer> {
  const head = { kind: "languageModel" } as const;
  const pretrained = await loadPretrained(folder, head, { seed: 0 });
  const method = methods.find(({ id }) => id === methodId);
  if (method === undefined) throw new Error(`There is no method ${methodId}.`);
  const model = { ...pretrained, head };
  return Trainer.create({
    ...{ executor, model, base: pretrained.values, seed: 0, totalSteps: TOTAL_STEPS },
    attachment: attachMethod(method, model, config, { totalSteps: TOTAL_STEPS }),
    training: { ...TINY_TRAINING, batchSize: 2, dropout: 0 },
    onCompile: () => {},
    nowMs: () => 0,
  });
}

const examples: readonly LanguageExample[] = [
  { ids: [7, 31, 5, 88, 14], promptLength: 3 },
  { ids: [11, 80], promptLength: 1 },
  { ids: [9, 4, 61, 7, 7, 30, 99, 2], promptLength: 6 },
];
const OPTIONS = { rows: 2, padTokenId: 0, lengths: [4, 6, 8] } as const;

let trainer: Trainer;
beforeAll(async () => {
  trainer = await trainerOf("lora", { rank: 4 });
});
afterAll(async () => {
  await trainer.dispose();
  await executor.dispose();
});

describe("scores of what follows a prompt", () => {
  it("are log-probabilities that the logits give, whatever stands beside and however long the batch", async () => {
    const scores = await scoreExamples(trainer, examples, OPTIONS);
    for (const [index, { ids, promptLength }] of examples.entries()) {
      const batch = languageBatch([examples[index] as LanguageExample], {
        rows: 1,
        length: 8,
        padTokenId: 0,
      });
      const logits = await trainer.logits(batch);
      const vocabulary = logits.length / 8;
      let expected = 0;
      for (let place = promptLength - 1; place < ids.length - 1; place++) {
        const row = [...logits.subarray(place * vocabulary, (place + 1) * vocabulary)];
        const normalizer = Math.log(row.reduce((sum, logit) => sum + Math.exp(logit), 0));
        expected += (row[ids[place + 1] as number] as number) - normalizer;
      }
      expect(scores[index]?.logLikelihood).toBeCloseTo(expected, 4);
      expect(scores[index]?.tokens).toBe(ids.length - promptLength);
    }
    const sum = scores.reduce((total, { logLikelihood }) => total + logLikelihood, 0);
    expect(perplexityOf(scores)).toBeCloseTo(Math.exp(-sum / (2 + 1 + 2)), 8);
  });

  it("are refused for an example that no length holds, naming it", async () => {
    const scored = scoreExamples(trainer, examples, { ...OPTIONS, lengths: [4, 6] });
    await expect(scored).rejects.toThrow("Example 2 has 8 tokens; expected at most 6");
  });
});

describe("a language model's batch", () => {
  it("weighs every learned token alike, and nothing of prompts and padding", () => {
    const { feeds } = languageBatch(examples.slice(0, 2), { rows: 3, length: 5, padTokenId: 0 });
    expect([...(feeds.rowWeight ?? [])].map((weight) => Math.round(3 * weight))).toEqual([
      ...[0, 0, 1, 1, 0],
      ...[1, 0, 0, 0, 0],
      ...[0, 0, 0, 0, 0],
    ]);
    expect([...(feeds.labels ?? [])].slice(0, 5)).toEqual([31, 5, 88, 14, 0]);
  });

  it.each([
    [[{ ids: [1, 2, 3], promptLength: 0 }], /Example 0 has 3 tokens, 0 of them its prompt/],
    [[{ ids: [1, 2, 3], promptLength: 3 }], /3 of them its prompt/],
    [[{ ids: [1, 2, 3, 4, 5, 6], promptLength: 1 }], /expected at most 5/],
    [Array(4).fill({ ids: [1, 2], promptLength: 1 }), /Found 4 examples; expected at most 3/],
  ])("refuses what it cannot hold: %j", (wrong, message) => {
    expect(() => languageBatch(wrong, { rows: 3, length: 5, padTokenId: 0 })).toThrow(message);
  });
});

describe("the choice of an option", () => {
  it("is the likeliest, or the likeliest by its length", () => {
    const option = (logLikelihood: number, characters: number) => ({
      score: { logLikelihood, tokens: 1 },
      characters,
    });
    expect(chooseOption([option(-4, 2), option(-3, 1), option(-6, 12)])).toEqual({ plain: 1, normalized: 2 });
  });
});

it.each([
  ["lora", { rank: 4, targetModules: "all-linear" }],
  ["lamda", { rank: 8, targetModules: "all-linear" }],
  [
    "adalora",
    {
      initialRank: 4,
      targetModules: "all-linear",
      targetRank: 2,
      warmupSteps: 4,
      finalSteps: 8,
      interval: 1,
    },
  ],
  ["full", {}],
] as const)("training with %s lowers the perplexity of what it trains on", async (id, config) => {
  const trained = await trainerOf(id, config);
  const before = perplexityOf(await scoreExamples(trained, examples.slice(0, 2), OPTIONS));
  const batch = languageBatch(examples.slice(0, 2), { rows: 2, length: 6, padTokenId: 0 });
  for (let step = 0; step < TOTAL_STEPS; step++) await trained.step(batch, step);
  const after = perplexityOf(await scoreExamples(trained, examples.slice(0, 2), OPTIONS));
  await trained.dispose();
  expect(after).toBeLessThan(before / 2);
});
