import type { FileCache } from "@peftbench/runtime";
import type { TaskDefinition } from "@peftbench/tasks";
import { makeBatch, planEvaluation } from "@peftbench/tasks";
import type { Prediction } from "../result/predictions.ts";
import type { PreparedSplit } from "./assemble.ts";
import type { CellWork } from "./cellWork.ts";
import { bagOfWords, majorityBaseline, scorePredictions } from "./metrics.ts";
import { stepBatch } from "./stepBatch.ts";

/** Classification and regression: an encoder, or the last token of a decoder, says the label of a text or a pair. */
export function classificationWork(task: TaskDefinition, padTokenId: number, baselines: FileCache): CellWork {
  const labelsOf = ({ examples }: PreparedSplit): number[] => examples.map(({ label }) => label);
  return {
    batchOf: ({ tokenized }, plan, batchSize) => {
      const batch = makeBatch(tokenized.examples, plan, { batchSize, padTokenId, kind: task.kind });
      return { batch: stepBatch(batch), tokens: batch.tokens };
    },
    predict: async (trainer, { examples, tokenized }, { batchSize, buckets }, betweenBatches) => {
      const predictions = new Array<Prediction>(examples.length);
      for (const plan of planEvaluation(tokenized.lengths, { batchSize, buckets })) {
        await betweenBatches();
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
    },
    score: (_, predictions, name) => scorePredictions(task, predictions, name),
    baselines: (train, dev) => [
      ...majorityBaseline(task, labelsOf(train), labelsOf(dev)),
      ...bagOfWords(task, train.examples, dev.examples, baselines),
    ],
  };
}

/** The class with the highest score (the first of equals), or the score itself; null where a score is not finite. */
function decide(task: TaskDefinition, scores: readonly number[]): number | null {
  if (!scores.every(Number.isFinite)) return null;
  return task.kind === "regression" ? (scores[0] ?? null) : scores.indexOf(Math.max(...scores));
}
