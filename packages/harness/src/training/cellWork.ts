import type { BatchPlan } from "@peftbench/tasks";
import type { Prediction } from "../result/predictions.ts";
import type { ResultBaseline, ResultMetric } from "../result/schema.ts";
import type { PreparedSplit } from "./assemble.ts";
import type { StepBatch } from "./stepBatch.ts";
import type { Trainer } from "./trainer.ts";

/** A split's metrics, under the name that it has in the result. */
export type SplitMetrics<Split extends string> = readonly (Omit<ResultMetric, "split"> & {
  readonly split: Split;
})[];

/** How batches of a run are laid out. */
export interface BatchLayout {
  readonly batchSize: number;
  readonly buckets: readonly number[];
}

/** What a kind of task does with its examples: everything else of a run is the same for all. */
export interface CellWork {
  /** A batch of training, and how many real tokens it has. */
  readonly batchOf: (
    split: PreparedSplit,
    plan: BatchPlan,
    batchSize: number,
  ) => { readonly batch: StepBatch; readonly tokens: number };
  /**
   * Predictions of a model as it stands for every example of a split, in their order.
   * @param betweenBatches awaited between batches
   */
  readonly predict: (
    trainer: Trainer,
    split: PreparedSplit,
    layout: BatchLayout,
    betweenBatches: () => Promise<void>,
  ) => Promise<readonly Prediction[]>;
  readonly score: <Split extends string>(
    split: PreparedSplit,
    predictions: readonly Prediction[],
    name: Split,
  ) => SplitMetrics<Split>;
  /** What is reached without the model on the split that is reported. */
  readonly baselines: (train: PreparedSplit, dev: PreparedSplit) => readonly ResultBaseline[];
}
