import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { CellDevice, TrainingConfig } from "@peftbench/harness";
import { measureStage, parameterRoles, randomBase, randomBatch, stageGraphs } from "@peftbench/harness";
import { TINY_TRAINING } from "@peftbench/harness/testing";
import { methods } from "@peftbench/methods";
import type { HeadSpec } from "@peftbench/models";
import type { MethodAttachment, ModelShape } from "@peftbench/peft";
import {
  attachMethod,
  configuredShape,
  initialState,
  MethodError,
  nextStageState,
  spectraOf,
} from "@peftbench/peft";
import type { SavePolicy } from "@peftbench/runtime";
import { createRandom, planPrograms, prepareForDevice, savePolicies } from "@peftbench/runtime";
import { describe, expect, it } from "vitest";
import { openDevice } from "../devices.ts";

const fixtures = resolve(import.meta.dirname, "../../../models/fixtures");
const LENGTHS = { length: 9, targetLength: 5 };
const TOTAL_STEPS = 30;
const TRAINING: TrainingConfig = { ...TINY_TRAINING, batchSize: 2 };

/** A tiny model of each kind, with the head that it has. */
const models: readonly {
  readonly name: string;
  readonly head: HeadSpec;
  /** Methods that have nothing to train in it: no biases, no head of its own. */
  readonly trainsNothing: readonly string[];
}[] = [
  { name: "bert/gelu-erf", head: { kind: "classification", labelCount: 2 }, trainsNothing: [] },
  {
    name: "llama/tied-embeddings",
    head: { kind: "languageModel" },
    trainsNothing: ["bitfit", "linear-probe"],
  },
  { name: "t5/gated-untied", head: { kind: "languageModel" }, trainsNothing: ["bitfit", "linear-probe"] },
];

/** Options with which each method fits matrices of 16 rows and has all its stages in a short run. */
const options: Readonly<Record<string, object>> = {
  lora: { rank: 4 },
  "lora-fa": { rank: 4 },
  "lora-xs": { rank: 4 },
  lamda: { rank: 4, stages: 2 },
  "lamda-plus-plus": { meanRank: 4, candidates: [2, 4, 6], stages: 2 },
  adalora: { initialRank: 4, targetRank: 2, warmupSteps: 5, finalSteps: 5, interval: 1 },
};
const targetModules = ["query", "value", "intermediate.dense"];

interface Attached {
  readonly model: ModelShape;
  readonly attachment: MethodAttachment;
  readonly base: ReturnType<typeof randomBase>;
}

/** Null for a method that has nothing to train in the model. */
async function attach({ name, head }: (typeof models)[number], methodId: string): Promise<Attached | null> {
  const json: unknown = JSON.parse(await readFile(join(fixtures, name, "config.json"), "utf8"));
  const model = configuredShape(json, head);
  const base = randomBase(model, createRandom(0, "base"));
  const method = methods.find(({ id }) => id === methodId);
  if (method === undefined) throw new Error(`There is no method ${methodId}.`);
  const own = options[methodId];
  const chosen = own === undefined ? {} : { ...own, targetModules };
  try {
    const attachment = attachMethod(method, model, chosen, {
      totalSteps: TOTAL_STEPS,
      spectra: spectraOf(base),
    });
    return { model, attachment, base };
  } catch (error) {
    if (error instanceof MethodError && /has no (biases|head)/.test(error.message)) return null;
    throw error;
  }
}

const overheadOf = (
  device: CellDevice,
  graphs: Parameters<NonNullable<CellDevice["measurement"]>["overheadOf"]>[0],
) => {
  const overhead = device.measurement?.overheadOf(graphs);
  if (overhead === undefined) throw new Error("The device measures nothing.");
  return overhead.scratchBytes + overhead.uniformBytes + overhead.readbackBytes;
};

function savePolicyOf(methodId: string, stageIndex: number): SavePolicy {
  const place = methods.findIndex(({ id }) => id === methodId) + stageIndex;
  return savePolicies[place % savePolicies.length] as SavePolicy;
}

describe.each(models)("what is allocated for training $name", (each) => {
  it.each(methods.map(({ id }) => id))("with %s is the plan, in every stage", async (id) => {
    const attached = await attach(each, id);
    expect(attached === null).toBe(each.trainsNothing.includes(id));
    if (attached === null) return;
    const { model, attachment, base } = attached;
    const { stages } = attachment;
    // Compiling takes seconds on a software adapter: each stage under one policy, all policies among the methods.
    const graphsOf = stages.map((stage, index) =>
      stageGraphs(model, stage, { ...TRAINING, savePolicy: savePolicyOf(id, index) }, [LENGTHS]),
    );
    const device = await openDevice({
      ...{ executor: "webgpu", adapter: "software", threads: 1 },
      roleOf: parameterRoles(graphsOf.flat()),
    });
    try {
      const spectra = spectraOf(base);
      let state = initialState(model, attachment, base, { seed: 0, accumulate: false, spectra });
      for (const [index, stage] of stages.entries()) {
        if (index > 0) {
          const before = new Map([...state].map(([name, { data }]) => [name, data as Float32Array]));
          state = nextStageState(model, stage, before, { accumulate: false });
        }
        const graphs = graphsOf[index] as (typeof graphsOf)[number];
        const prepared = graphs.map((graph) => prepareForDevice(graph, device.profile));
        const { peakReservedBytes } = planPrograms(prepared, device.profile);
        const store = await device.executor.createStore(state);
        const programs = [];
        for (const graph of graphs) programs.push(await device.executor.compile(graph, store));
        expect(device.measurement?.ledger.report().currentBytes, stage.name).toBe(
          peakReservedBytes + overheadOf(device, prepared),
        );
        for (const program of programs) await program.dispose();
        store.release(store.names);
      }
    } finally {
      await device.dispose();
    }
  });
});

type Model = (typeof models)[number];
const [bert, llama, t5] = models as [Model, Model, Model];
const bart: Model = { name: "bart/gelu", head: { kind: "languageModel" }, trainsNothing: [] };

interface Executed {
  readonly each: Model;
  readonly id: string;
  readonly stageIndex?: number;
  readonly change?: Partial<TrainingConfig>;
}

const executed: readonly Executed[] = [
  { each: bert, id: "lora" },
  { each: bert, id: "full", change: { savePolicy: "layer", accumulationSteps: 2 } },
  { each: bert, id: "lamda", change: { savePolicy: "recompute" } },
  { each: bert, id: "lamda", stageIndex: 1, change: { savePolicy: "layer" } },
  { each: bert, id: "lora", change: { frozenWeights: "f16" } },
  { each: llama, id: "lora", change: { savePolicy: "recompute", attention: "fused" } },
  { each: llama, id: "lamda", stageIndex: 1 },
  { each: llama, id: "adalora" },
  { each: llama, id: "full", change: { savePolicy: "layer", optimizer: "sgd" } },
  { each: llama, id: "lamda", change: { frozenWeights: "f16", savePolicy: "recompute" } },
  { each: t5, id: "lora-xs" },
  { each: t5, id: "lamda", stageIndex: 1, change: { savePolicy: "recompute" } },
  { each: bart, id: "lora-fa", change: { savePolicy: "layer", attention: "fused" } },
];

describe("what steps take", () => {
  it.for(
    executed.map((one) => {
      const { each, id, stageIndex = 0, change = {} } = one;
      return [`${each.name} with ${id}, stage ${stageIndex}, ${JSON.stringify(change)}`, one] as const;
    }),
  )("is the plan: %s", async ([, { each, id, stageIndex = 0, change = {} }], context) => {
    const attached = await attach(each, id);
    if (attached === null) throw new Error(`${id} has nothing to train.`);
    const training = { ...TRAINING, ...change };
    if (training.frozenWeights === "f16" && !(await hasHalf())) context.skip("the adapter has no f16");
    const measured = await measureStage(
      {
        ...{ ...attached, training, stageIndex, totalSteps: TOTAL_STEPS, seed: 0 },
        spectra: spectraOf(attached.base),
        batch: randomBatch(attached.model, 2, LENGTHS, createRandom(1, "tokens")),
      },
      {
        ...{ openDevice, adapter: "software", threads: 1, nowMs: () => performance.now() },
        comparesWithCpu: training.frozenWeights === "f32",
      },
    );
    expect(measured.live?.measuredByRole).toMatchObject(withoutZeros(measured.live?.plannedByRole ?? {}));
    expect(measured.live?.measuredBytes).toBe(measured.live?.plannedBytes);
    expect(measured.reserved.measuredBytes).toBe(measured.reserved.plannedBytes);
    if (training.frozenWeights === "f32") expect(measured.lossDifference?.largestRelative).toBeLessThan(1e-4);
  });
});

async function hasHalf(): Promise<boolean> {
  const device = await openDevice({
    executor: "webgpu",
    adapter: "software",
    threads: 1,
    roleOf: () => "baseWeight",
  });
  await device.dispose();
  return device.profile.supportsF16;
}

function withoutZeros(byRole: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(byRole).filter(([, bytes]) => bytes > 0));
}
