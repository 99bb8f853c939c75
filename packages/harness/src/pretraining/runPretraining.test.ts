import { mkdtemp, readFile, rm, stat, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadPretrained, loadTokenizer, openCheckpoint } from "@peftbench/models";
import { createCpuExecutor, createRandom } from "@peftbench/runtime";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { InterruptedError } from "../grid/executeCell.ts";
import type { PretrainingConfig } from "./config.ts";
import { parsePretrainingConfig } from "./config.ts";
import type { PretrainingContext } from "./context.ts";
import type { PretrainingEvent } from "./events.ts";
import { readPretrainingEvents } from "./events.ts";
import { runPretraining } from "./runPretraining.ts";

const STEPS = 12;
const config: PretrainingConfig = parsePretrainingConfig(
  {
    name: "tiny",
    title: "tiny",
    corpora: [
      {
        ...{ title: "Made up", package: "none", version: "0.0.0", integrity: "sha512-none" },
        ...{ reader: "brown", licence: "MIT", provenance: "made by this test." },
      },
    ],
    heldOutShare: 0.2,
    tokenizer: { vocabularySize: 130, minCharacterCount: 1 },
    model: {
      ...{ model_type: "bert", hidden_size: 16, num_hidden_layers: 1, num_attention_heads: 2 },
      ...{ intermediate_size: 32, max_position_embeddings: 32 },
    },
    rows: { length: 16, maskedShare: 0.25, strangerDistance: { least: 2, most: 20 } },
    training: {
      ...{
        batchRows: 4,
        steps: STEPS,
        learningRate: 0.02,
        warmupRatio: 0.1,
        weightDecay: 0.01,
        beta1: 0.9,
        beta2: 0.98,
      },
      ...{ epsilon: 1e-6, maxGradientNorm: 1, dropout: 0.1, seed: 3 },
    },
    evaluation: { maskedShare: 0.15, everySteps: 4, rows: 8, finalRows: 16, ngramTokens: 10 },
  },
  "tiny.json",
);

/** Sentences of a tiny grammar, so that there is something to learn. */
function documents() {
  const random = createRandom(0, "text");
  const pick = (words: string): string => words.split(" ")[random.integer(3)] as string;
  const sentence = (): string =>
    `the ${pick("cat dog bird")} ${pick("sees hears likes")} a ${pick("house tree lake")}.`;
  return Array.from({ length: 40 }, (_, index) => ({
    name: `made/${index}`,
    paragraphs: [Array.from({ length: 8 }, sentence).join(" ")],
  }));
}

describe("runPretraining", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "peftbench-pretraining-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const contextIn = (name: string, more: Partial<PretrainingContext> = {}): PretrainingContext => ({
    executor: createCpuExecutor({ threads: 1 }),
    runtime: "test",
    corpora: [{ title: "Made up", documents: documents() }],
    runFolder: join(folder, name),
    nowMs: () => 0,
    timestamp: () => "2026-01-01T00:00:00Z",
    signal: new AbortController().signal,
    say: () => {},
    ...more,
  });
  const weights = (modelFolder: string): Promise<Buffer> => readFile(join(modelFolder, "model.safetensors"));

  it("learns, says what it came to, and leaves a folder that loads like any other model", async () => {
    const { modelFolder, outcome } = await runPretraining(config, contextIn("whole"));
    expect(outcome.losses).toHaveLength(STEPS);
    expect(outcome.losses.at(-1)).toBeLessThan(outcome.losses[0] as number);
    expect(outcome.heldOut.map(({ step }) => step)).toEqual([4, 8, 12]);
    expect(outcome.perplexity).toBeLessThan(outcome.vocabularySize);
    const pretrained = await loadPretrained(
      modelFolder,
      { kind: "classification", labelCount: 2 },
      { seed: 0 },
    );
    expect(pretrained.warnings).toEqual([]);
    const checkpoint = await openCheckpoint(modelFolder);
    expect(new Set([...checkpoint.tensors.values()].map(({ dtype }) => dtype))).toEqual(new Set(["F16"]));
    await checkpoint.close();
    expect((await loadTokenizer(modelFolder)).vocabSize).toBe(outcome.vocabularySize);
    expect(await readFile(join(modelFolder, "README.md"), "utf8")).toContain(
      `**${outcome.perplexity.toFixed(1)}**`,
    );
  });

  it("goes on after an interruption with the same weights, bit for bit, and the same log", async () => {
    const controller = new AbortController();
    const stopAt = (step: number) => (event: PretrainingEvent) => {
      if (event.type === "step" && event.step === step) controller.abort("SIGTERM");
    };
    const halfWay = runPretraining(
      config,
      contextIn("halves", { signal: controller.signal, onEvent: stopAt(5) }),
    );
    await expect(halfWay).rejects.toThrow(InterruptedError);
    const { modelFolder } = await runPretraining(config, contextIn("halves"));
    expect(await weights(modelFolder)).toEqual(await weights(join(folder, "whole", "model")));
    const stepsOf = (name: string) =>
      readPretrainingEvents(join(folder, name, "events.jsonl")).filter(
        ({ type }) => type === "step" || type === "heldOut",
      );
    expect(stepsOf("halves")).toEqual(stepsOf("whole"));
  });

  it("starts over where the checkpoint is damaged, and ends with the same weights", async () => {
    const path = join(folder, "halves", "checkpoint.bin");
    const { size } = await stat(path);
    await truncate(path, size - 10);
    const said: string[] = [];
    const { modelFolder } = await runPretraining(
      config,
      contextIn("halves", { say: (line) => said.push(line) }),
    );
    expect(said.some((line) => line.startsWith("The run starts over"))).toBe(true);
    expect(await weights(modelFolder)).toEqual(await weights(join(folder, "whole", "model")));
  });
});
