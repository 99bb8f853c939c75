import type { Example, TaskDefinition, TokenizedExamples } from "@peftbench/tasks";
import { makeBatch, planEvaluation } from "@peftbench/tasks";
import type { CellContext } from "../grid/executeCell.ts";
import type { RunEventBody } from "../result/events.ts";
import type { Prediction } from "../result/predictions.ts";
import type { PreparedCell, PreparedSplit } from "./prepare.ts";
import { stepBatch } from "./stepBatch.ts";
import type { Trainer } from "./trainer.ts";

interface EvaluationOptions {
  readonly task: TaskDefinition;
  readonly batchSize: number;
  readonly buckets: readonly number[];
  readonly padTokenId: number;
  /** Awaited between batches. */
  readonly betweenBatches: () => Promise<void>;
}

/** Predictions of a cell's model as it stands for every example of a split, in their order. */
export function predictSplit(
  { spec, throwIfInterrupted }: CellContext,
  { task, buckets, padTokenId }: PreparedCell,
  trainer: Trainer,
  { examples, tokenized }: PreparedSplit,
): Promise<readonly Prediction[]> {
  const { batchSize } = spec.cell.config.training;
  const options = { task, batchSize, buckets, padTokenId, betweenBatches: throwIfInterrupted };
  return predict(trainer, examples, tokenized, options);
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

async function predict(
  trainer: Trainer,
  examples: readonly Example[],
  tokenized: TokenizedExamples,
  options: EvaluationOptions,
): Promise<readonly Prediction[]> {
  const { task, batchSize, buckets, padTokenId } = options;
  const predictions = new Array<Prediction>(examples.length);
  for (const plan of planEvaluation(tokenized.lengths, { batchSize, buckets })) {
    await options.betweenBatches();
    const batch = makeBatch(tokenized.examples, plan, { batchSize, padTokenId, kind: task.kind });
    const logits = await trainer.logits(stepBatch(batch));
    const width = logits.length / batch.rows;
    batch.exampleIndices.forEach((index, row) => {
      const example = examples[index];
      if (example === undefined) return;
      const scores = [...logits.subarray(row * width, (row + 1) * width)];
      predictions[index] = {
        exampleId: example.id,
        label: example.label,
        prediction: decide(task, scores),
        scores: scores.map((score) => (Number.isFinite(score) ? score : null)),
      };
    });
  }
  return predictions;
}

/** The class with the highest score (the first of equals), or the score itself; null where a score is not finite. */
function decide(task: TaskDefinition, scores: readonly number[]): number | null {
  if (!scores.every(Number.isFinite)) return null;
  return task.kind === "regression" ? (scores[0] ?? null) : scores.indexOf(Math.max(...scores));
}
