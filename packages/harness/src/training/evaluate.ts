import type { CellContext } from "../grid/executeCell.ts";
import type { RunEventBody } from "../result/events.ts";
import type { Prediction } from "../result/predictions.ts";
import type { PreparedCell, PreparedSplit } from "./assemble.ts";
import type { Trainer } from "./trainer.ts";

/** Predictions of a cell's model as it stands for every example of a split, in their order. */
export function predictSplit(
  { spec, throwIfInterrupted }: CellContext,
  { work, buckets }: PreparedCell,
  trainer: Trainer,
  split: PreparedSplit,
): Promise<readonly Prediction[]> {
  const { batchSize } = spec.cell.config.training;
  return work.predict(trainer, split, { batchSize, buckets }, throwIfInterrupted);
}

/** What is told of a split's scores after `step` steps. */
export function evalEvent(
  step: number,
  split: "selection" | "dev",
  evalMs: number,
  metrics: readonly { readonly name: string; readonly value: number | null; readonly count: number }[],
): RunEventBody {
  const scores = metrics.map(({ name, value, count }) => ({ name, value, count }));
  return { type: "eval", step, split, evalMs, metrics: scores };
}
