import { join } from "node:path";
import { loadPretrained } from "@peftbench/models";
import { findTask, loadTask } from "@peftbench/tasks";
import type { TrainingConfig } from "../config.ts";
import type { CellSpec } from "../grid/cellSpec.ts";
import { expandGrid } from "../grid/expand.ts";
import { modelSettingsChecksum } from "../modelFiles.ts";
import { noSelection } from "../selectionConfig.ts";
import { writeTinyModel, writeTinySst2 } from "./tinyTask.ts";

/** Training of the tiny task: long enough to learn it, short enough for a test. */
export const TINY_TRAINING: TrainingConfig = {
  epochs: 2,
  batchSize: 8,
  accumulationSteps: 1,
  learningRate: 1e-2,
  headLearningRate: null,
  optimizer: "adamw",
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0.01,
  schedule: "linear",
  warmupRatio: 0.1,
  maxGradientNorm: 1,
  dropout: 0.1,
  maxLength: 20,
  maxBuckets: 3,
  trainLimit: null,
  selectionRows: 0,
  devLimit: null,
  subsetSeed: 0,
  savePolicy: "eager",
  attention: "materialized",
  frozenWeights: "f32",
  ...noSelection,
};

export interface TinyGridOptions {
  readonly methods: readonly string[];
  readonly executor: CellSpec["executor"];
  readonly seeds?: readonly number[];
  readonly training?: Partial<TrainingConfig>;
}

/** Specs of cells on the tiny model and task, which are written into `folder`. */
export async function tinyGrid(folder: string, options: TinyGridOptions): Promise<readonly CellSpec[]> {
  const [modelFolder, dataFolder] = [join(folder, "model"), join(folder, "data")];
  await writeTinyModel(modelFolder);
  await writeTinySst2(dataFolder, { train: 160, dev: 41 });
  const head = { kind: "classification", labelCount: 2 } as const;
  const { checksum: weightsChecksum } = await loadPretrained(modelFolder, head, { seed: 0 });
  const { provenance } = await loadTask(findTask("sst2"), { dataFolder });
  const settingsChecksum = await modelSettingsChecksum(modelFolder);
  return expandGrid({
    models: [{ name: "tiny", folder: modelFolder, weightsChecksum, settingsChecksum }],
    tasks: [{ id: "sst2", suite: "glue", checksum: provenance.checksum }],
    methods: options.methods.map((id) => ({
      id,
      training: { ...TINY_TRAINING, ...options.training },
      config: id === "full" ? {} : { rank: 4, alpha: 8, targetModules: ["query", "value"] },
    })),
    seeds: options.seeds ?? [0],
    dataFolder,
    outFolder: join(folder, "out"),
    executor: options.executor,
    adapter: options.executor === "webgpu" ? "software" : null,
    threads: 1,
    sources: null,
    force: false,
    notices: [],
  });
}
