import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { methods } from "@peftbench/methods";
import { createCpuExecutor, deviceProfiles } from "@peftbench/runtime";
import { findTask, glueTasks, loadTask } from "@peftbench/tasks";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TrainingConfig } from "../config.ts";
import type { CellSpec } from "../grid/cellSpec.ts";
import type { CellContext, CellOutcome } from "../grid/executeCell.ts";
import { InterruptedError } from "../grid/executeCell.ts";
import type { RunEventBody } from "../result/events.ts";
import { createExecuteCell } from "./executeCell.ts";
import { prepareCell } from "./prepare.ts";
import { TINY_TRAINING } from "./tinyGrid.ts";
import { writeTinyModel, writeTinySst2 } from "./tinyTask.ts";

let root = "";
let dataChecksum = "";

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "peftbench-cell-"));
  await writeTinyModel(join(root, "model"));
  await writeTinySst2(join(root, "data"), { train: 160, dev: 41 });
  const { provenance } = await loadTask(findTask("sst2"), { dataFolder: join(root, "data") });
  dataChecksum = provenance.checksum;
});

afterAll(() => rm(root, { recursive: true, force: true }));

const LORA_CONFIG = { rank: 4, alpha: 8, targetModules: ["query", "value"] };

function spec(
  method: string,
  training: Partial<TrainingConfig> = {},
  config: CellSpec["cell"]["config"]["method"] = method === "lora" ? LORA_CONFIG : {},
): CellSpec {
  return {
    id: "a".repeat(64),
    cell: {
      suite: "glue",
      model: "tiny",
      method,
      task: "sst2",
      seed: 3,
      config: { training: { ...TINY_TRAINING, ...training }, method: config },
    },
    modelFolder: join(root, "model"),
    dataFolder: join(root, "data"),
    runFolder: root,
    executor: "cpu",
    adapter: null,
    measuredMemory: null,
    notices: [],
    warnings: [],
    threads: 1,
    weightsChecksum: WEIGHTS_CHECKSUM,
    dataChecksum,
    sources: null,
    force: false,
  };
}

/** sha256 of the committed fixture's model.safetensors. */
const WEIGHTS_CHECKSUM = "c7b9c38c289babf9cc4f7a5c324fb877d731a31035a89aff25bdeed5f1b5e88f";

interface Execution {
  readonly outcome: CellOutcome;
  readonly events: readonly RunEventBody[];
}

/** Executes a cell in a folder of its own, or in `folder`; stops before step `stopAt` (counted from 0) if given. */
async function execute(
  cell: CellSpec,
  options: { readonly folder?: string; readonly stopAt?: number; readonly memoryLimitBytes?: number } = {},
): Promise<Execution> {
  const events: RunEventBody[] = [];
  const executeCell = createExecuteCell({
    methods,
    tasks: glueTasks,
    openDevice: async ({ threads }) => {
      const executor = createCpuExecutor({ threads });
      return {
        executor,
        adapter: null,
        profile: deviceProfiles.generic,
        memoryLimitBytes: options.memoryLimitBytes ?? 2 ** 40,
        measurement: null,
        dispose: () => executor.dispose(),
      };
    },
  });
  const stepsNow = (): number => events.filter(({ type }) => type === "step").length;
  const context: CellContext = {
    spec: cell,
    folder: options.folder ?? (await mkdtemp(join(root, "run-"))),
    nowMs: () => performance.now(),
    emit: (event) => events.push(event),
    record: () => {},
    throwIfInterrupted: async () => {
      if (stepsNow() === options.stopAt) throw new InterruptedError("the test stops it here");
    },
  };
  return { outcome: await executeCell(context), events };
}

function losses(events: readonly RunEventBody[]): (number | null)[] {
  return events.flatMap((event) => (event.type === "step" ? [event.loss] : []));
}

describe("executeCell", () => {
  it.each(["lora", "full"])(
    "trains %s until it beats the majority class on unseen sentences",
    async (method) => {
      const { outcome, events } = await execute(
        spec(method, { epochs: 12, dropout: 0, learningRate: method === "full" ? 2e-3 : 2e-2 }),
      );
      const accuracy = outcome.metrics.find(({ primary }) => primary)?.value ?? 0;
      const majority = outcome.baselines[0]?.value ?? 1;
      expect(losses(events)).toHaveLength(outcome.time?.stepsTotal ?? -1);
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
    const { outcome } = await execute(spec("lora", { epochs: 1 }));
    // 2 layers x query and value x rank 4 x (32 in + 32 out); the classifier has 2 x 32 weights and 2 biases.
    expect(outcome.parameters).toMatchObject({ trainableInitial: 1024, trainableFinal: 1024, head: 66 });
  });

  it.each(["lora", "full"])(
    "resumes %s after an interruption with the same numbers, bit for bit",
    async (method) => {
      const whole = await execute(spec(method));
      const folder = await mkdtemp(join(root, "resumed-"));
      await expect(execute(spec(method), { folder, stopAt: 7 })).rejects.toThrow(InterruptedError);
      const resumed = await execute(spec(method), { folder });
      expect(resumed.events.some((event) => event.type === "resume" && event.step === 7)).toBe(true);
      expect(losses(resumed.events)).toEqual(losses(whole.events).slice(7));
      expect(resumed.outcome.predictions).toEqual(whole.outcome.predictions);
      expect(resumed.outcome.time?.stepsTotal).toBe(whole.outcome.time?.stepsTotal);
      expect(resumed.outcome.lossSummary).toEqual(whole.outcome.lossSummary);
    },
  );

  it("tells memory, time and ranks of every stage of a method that freezes in mid-run, resumed or not", async () => {
    const config = { rank: 4, stages: 2, freezeFraction: 0.5, targetModules: ["query", "value"] };
    const lamda = spec("lamda", {}, config);
    const whole = await execute(lamda);
    const folder = await mkdtemp(join(root, "staged-"));
    // After the border of the stages.
    await expect(execute(lamda, { folder, stopAt: 25 })).rejects.toThrow(InterruptedError);
    const { outcome } = await execute(lamda, { folder });
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
    const { outcome } = await execute(spec("lora", { epochs: 1, selectionRows: 30 }));
    expect(outcome.data?.rows).toEqual({ train: 130, selection: 30, dev: 41 });
    expect(outcome.selectionMetrics).toMatchObject([{ name: "accuracy", count: 30, split: "selection" }]);
    expect(outcome.metrics).toMatchObject([{ name: "accuracy", count: 41, split: "dev" }]);
  });

  it("gives another result for another seed", async () => {
    const first = spec("lora");
    const second = { ...first, cell: { ...first.cell, seed: 4 } };
    const [a, b] = [await execute(first), await execute(second)];
    expect(losses(a.events)).not.toEqual(losses(b.events));
  });

  it("gives the same losses whatever the save policy, and needs less memory with recomputation", async () => {
    const eager = await execute(spec("full"));
    const recomputed = await execute(spec("full", { savePolicy: "recompute" }));
    expect(losses(recomputed.events)).toEqual(losses(eager.events));
    expect(recomputed.outcome.memory?.byRole.savedActivation).toBeLessThan(
      eager.outcome.memory?.byRole.savedActivation ?? 0,
    );
  });

  it("gives nearly the same losses with fused attention, dropout included, and needs less memory", async () => {
    const [kept, fused] = [await execute(spec("full")), await execute(spec("full", { attention: "fused" }))];
    losses(fused.events).forEach((loss, step) => {
      expect(loss).toBeCloseTo(losses(kept.events)[step] ?? Number.NaN, 3);
    });
    expect(fused.outcome.memory?.peakLiveBytes).toBeLessThan(kept.outcome.memory?.peakLiveBytes ?? 0);
  });

  it("gives nearly the same losses when a batch is cut into micro-batches", async () => {
    const whole = losses((await execute(spec("lora", { dropout: 0 }))).events);
    const cut = losses((await execute(spec("lora", { dropout: 0, accumulationSteps: 4 }))).events);
    cut.forEach((loss, step) => {
      expect(loss).toBeCloseTo(whole[step] ?? Number.NaN, 4);
    });
  });

  it("refuses a plan above the memory limit before it trains", async () => {
    await expect(execute(spec("lora"), { memoryLimitBytes: 1000 })).rejects.toThrow(/the limit is 1000 B/);
  });

  it("stops with an error of its own when the loss is no longer finite", async () => {
    const diverging = execute(spec("full", { learningRate: 1e30, maxGradientNorm: null, warmupRatio: 0 }));
    await expect(diverging).rejects.toMatchObject({ name: "NonFiniteLossError" });
  });

  it("refuses data and weights that changed since the grid was planned", async () => {
    const changed = { ...spec("lora"), dataChecksum: "0".repeat(64) };
    await expect(execute(changed)).rejects.toThrow(/the data of sst2 .* changed since/);
    const method = methods.find(({ id }) => id === "lora");
    if (method === undefined) throw new Error("lora is missing");
    const other = { ...spec("lora"), weightsChecksum: "0".repeat(64) };
    await expect(prepareCell(other, findTask("sst2"), method)).rejects.toThrow(/the model .* changed since/);
  });
});
