import { planEpoch } from "@peftbench/tasks";
import type { CellSpec } from "../grid/cellSpec.ts";
import type { MeasuredMemory } from "../result/measuredMemory.ts";
import type { PreparedCell } from "./assemble.ts";
import type { OpenDevice } from "./cellDevice.ts";
import { measureStage } from "./measureStage.ts";
import { planTraining } from "./memory.ts";
import type { StepBatch } from "./stepBatch.ts";

export interface ProbeOptions {
  readonly openDevice: OpenDevice;
  readonly adapter: "hardware" | "software";
  /** Most padded tokens of a batch: on a slow adapter a full batch would take minutes. Null: as the cell has it. */
  readonly mostTokens: number | null;
  readonly nowMs: () => number;
}

/**
 * A few steps of a cell on WebGPU, on its longest batch: measures memory in the executor's two ways of placing tensors,
 * beside what is planned for the same programs, and compares the losses with those of the CPU executor.
 * Of a method with several stages, the one whose planned live peak is highest.
 */
export async function probeCell(
  spec: CellSpec,
  whole: PreparedCell,
  options: ProbeOptions,
): Promise<MeasuredMemory> {
  const length = whole.buckets.at(-1) as number;
  const { batchSize, accumulationSteps } = spec.cell.config.training;
  const cellRows = batchSize / accumulationSteps;
  const fitting =
    options.mostTokens === null ? cellRows : Math.max(1, Math.floor(options.mostTokens / length));
  const rows = Math.min(cellRows, fitting);
  const training = { ...spec.cell.config.training, batchSize: rows * accumulationSteps };
  const { model, attachment, base, spectra, totalSteps } = whole;
  const { stageIndex } = planTraining(model, attachment, training, [length]);
  const batch = longestBatch({ ...whole, buckets: [length] }, spec, rows * accumulationSteps);
  return measureStage(
    { model, attachment, base, spectra, totalSteps, training, stageIndex, seed: spec.cell.seed, batch },
    { ...options, threads: spec.threads, comparesWithCpu: true },
  );
}

function longestBatch(prepared: PreparedCell, spec: CellSpec, batchSize: number): StepBatch {
  const { train, buckets, work } = prepared;
  const [longest] = planEpoch(train.tokenized.lengths, {
    batchSize,
    buckets,
    seed: spec.cell.seed,
    epoch: 0,
  });
  if (longest === undefined) throw new RangeError("There are no training examples to probe with.");
  return work.batchOf(train, longest, batchSize).batch;
}
