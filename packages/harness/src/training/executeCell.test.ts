import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { methods } from "@peftbench/methods";
import { findTask } from "@peftbench/tasks";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { InterruptedError } from "../grid/executeCell.ts";
import { prepareCell } from "./prepare.ts";
import type { TinyCells } from "./testing/executeTinyCell.ts";
import { openTinyCells } from "./testing/executeTinyCell.ts";

let root = "";
let cells: TinyCells;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "peftbench-cell-"));
  cells = await openTinyCells(root, methods);
});

afterAll(() => rm(root, { recursive: true, force: true }));

describe("executeCell", () => {
  it.each(["lora", "full"])(
    "trains %s until it beats the majority class on unseen sentences",
    async (method) => {
      const { outcome, events } = await cells.execute(
        cells.spec(method, { epochs: 12, dropout: 0, learningRate: method === "full" ? 2e-3 : 2e-2 }),
      );
      const accuracy = outcome.metrics.find(({ primary }) => primary)?.value ?? 0;
      const majority = outcome.baselines[0]?.value ?? 1;
      expect(cells.losses(events)).toHaveLength(outcome.time?.stepsTotal ?? -1);
      expect(outcome.predictions).toHaveLength(41);
      expect(outcome.predictions.map(({ exampleId }) => exampleId)).toEqual(
        Array.from({ length: 41 }, (_, index) => `dev:${index}`),
      );
      expect(accuracy).toBeGreaterThan(majority + 0.15);
      expect(outcome.memory?.peakLiveBytes).toBe(
        Object.values(outcome.memory?.byRole ?? {}).reduce((total, bytes) => total + bytes, 0),
      );
    },
  );

  it("counts what LoRA trains apart from the head", async () => {
    const { outcome } = await cells.execute(cells.spec("lora", { epochs: 1 }));
    // 2 layers x query and value x rank 4 x (32 in + 32 out); the classifier has 2 x 32 weights and 2 biases.
    expect(outcome.parameters).toMatchObject({ trainableInitial: 1024, trainableFinal: 1024, head: 66 });
  });

  it.each(["lora", "full"])(
    "resumes %s after an interruption with the same numbers, bit for bit",
    async (method) => {
      const whole = await cells.execute(cells.spec(method));
      const folder = await mkdtemp(join(root, "resumed-"));
      await expect(cells.execute(cells.spec(method), { folder, stopAt: 7 })).rejects.toThrow(
        InterruptedError,
      );
      const resumed = await cells.execute(cells.spec(method), { folder });
      expect(resumed.events.some((event) => event.type === "resume" && event.step === 7)).toBe(true);
      expect(cells.losses(resumed.events)).toEqual(cells.losses(whole.events).slice(7));
      expect(resumed.outcome.predictions).toEqual(whole.outcome.predictions);
      expect(resumed.outcome.time?.stepsTotal).toBe(whole.outcome.time?.stepsTotal);
      expect(resumed.outcome.lossSummary).toEqual(whole.outcome.lossSummary);
    },
  );

  it("tells memory, time and ranks of every stage of a method that freezes in mid-run, resumed or not", async () => {
    const config = { rank: 4, stages: 2, freezeFraction: 0.5, targetModules: ["query", "value"] };
    const lamda = cells.spec("lamda", {}, config);
    const whole = await cells.execute(lamda);
    const folder = await mkdtemp(join(root, "staged-"));
    // After the border of the stages.
    await expect(cells.execute(lamda, { folder, stopAt: 25 })).rejects.toThrow(InterruptedError);
    const { outcome } = await cells.execute(lamda, { folder });
    const { stages, rankHistory, time, memory } = outcome;
    expect(stages.map(({ steps }) => steps)).toEqual([21, 21]);
    expect(stages.map(({ fromStep }) => fromStep)).toEqual([0, 21]);
    expect(stages.reduce((sum, { trainMs }) => sum + trainMs, 0)).toBeCloseTo(time?.trainMs ?? 0, 3);
    // 4 modules, each with a core of 4 x 4 and 4 columns of 32.
    expect(stages.map(({ trainable }) => trainable)).toEqual([4 * (16 + 128), 4 * 16]);
    expect(Math.max(...stages.map(({ peakLiveBytes }) => peakLiveBytes))).toBe(memory?.peakLiveBytes);
    expect(stages[1]?.byRole.optimizerState).toBeLessThan(stages[0]?.byRole.optimizerState ?? 0);
    expect(rankHistory?.modules).toHaveLength(4);
    expect(rankHistory?.moments.map(({ step }) => step)).toEqual(
      Array.from({ length: 15 }, (_, moment) => 3 * moment),
    );
    expect(rankHistory).toEqual(whole.outcome.rankHistory);
  });

  it("scores what was held out of training apart from what it reports", async () => {
    const { outcome } = await cells.execute(cells.spec("lora", { epochs: 1, selectionRows: 30 }));
    expect(outcome.data?.rows).toEqual({ train: 130, selection: 30, dev: 41 });
    expect(outcome.selectionMetrics).toMatchObject([{ name: "accuracy", count: 30, split: "selection" }]);
    expect(outcome.metrics).toMatchObject([{ name: "accuracy", count: 41, split: "dev" }]);
  });

  it("gives another result for another seed", async () => {
    const first = cells.spec("lora");
    const second = { ...first, cell: { ...first.cell, seed: 4 } };
    const [a, b] = [await cells.execute(first), await cells.execute(second)];
    expect(cells.losses(a.events)).not.toEqual(cells.losses(b.events));
  });

  it("gives the same losses whatever the save policy, and needs less memory with recomputation", async () => {
    const eager = await cells.execute(cells.spec("full"));
    const recomputed = await cells.execute(cells.spec("full", { savePolicy: "recompute" }));
    expect(cells.losses(recomputed.events)).toEqual(cells.losses(eager.events));
    expect(recomputed.outcome.memory?.byRole.savedActivation).toBeLessThan(
      eager.outcome.memory?.byRole.savedActivation ?? 0,
    );
  });

  it("gives nearly the same losses with fused attention, dropout included, and needs less memory", async () => {
    const [kept, fused] = [
      await cells.execute(cells.spec("full")),
      await cells.execute(cells.spec("full", { attention: "fused" })),
    ];
    cells.losses(fused.events).forEach((loss, step) => {
      expect(loss).toBeCloseTo(cells.losses(kept.events)[step] ?? Number.NaN, 3);
    });
    expect(fused.outcome.memory?.peakLiveBytes).toBeLessThan(kept.outcome.memory?.peakLiveBytes ?? 0);
  });

  it("gives nearly the same losses when a batch is cut into micro-batches", async () => {
    const whole = cells.losses((await cells.execute(cells.spec("lora", { dropout: 0 }))).events);
    const cut = cells.losses(
      (await cells.execute(cells.spec("lora", { dropout: 0, accumulationSteps: 4 }))).events,
    );
    cut.forEach((loss, step) => {
      expect(loss).toBeCloseTo(whole[step] ?? Number.NaN, 4);
    });
  });

  it("refuses a plan above the memory limit before it trains", async () => {
    await expect(cells.execute(cells.spec("lora"), { memoryLimitBytes: 1000 })).rejects.toThrow(
      /the limit is 1000 B.*No single change is enough; these lower it most: .* MiB \(/,
    );
    const { outcome } = await cells.execute(cells.spec("lora"));
    const memoryLimitBytes = (outcome.memory?.peakReservedBytes ?? 0) - 1;
    await expect(cells.execute(cells.spec("lora"), { memoryLimitBytes })).rejects.toThrow(
      /Enough, the cheapest first: accumulation over 2 micro-batches of 4, /,
    );
  });

  it("proposes no way out that the method cannot go, and says what it needs all the same", async () => {
    const config = { meanRank: 4, candidates: [4, 8], targetModules: ["query", "value"] };
    await expect(
      cells.execute(cells.spec("lamda-plus-plus", {}, config), { memoryLimitBytes: 1000 }),
    ).rejects.toMatchObject({
      name: "OutOfMemoryError",
      message: expect.not.stringContaining("half the rank"),
    });
  });

  it("stops with an error of its own when the loss is no longer finite", async () => {
    const diverging = cells.execute(
      cells.spec("full", { learningRate: 1e30, maxGradientNorm: null, warmupRatio: 0 }),
    );
    await expect(diverging).rejects.toMatchObject({ name: "NonFiniteLossError" });
  });

  it("refuses data and weights that changed since the grid was planned", async () => {
    const changed = { ...cells.spec("lora"), dataChecksum: "0".repeat(64) };
    await expect(cells.execute(changed)).rejects.toThrow(/the data of sst2 .* changed since/);
    const method = methods.find(({ id }) => id === "lora");
    if (method === undefined) throw new Error("lora is missing");
    const other = { ...cells.spec("lora"), weightsChecksum: "0".repeat(64) };
    await expect(prepareCell(other, findTask("sst2"), method)).rejects.toThrow(/the model .* changed since/);
  });
});
