import type { FileCache } from "@peftbench/runtime";
import type { Example, Metric, TaskDefinition } from "@peftbench/tasks";
import { keptBagOfWordsBaseline, metrics as metricTable } from "@peftbench/tasks";
import type { Prediction } from "../result/predictions.ts";
import type { ResultBaseline, ResultMetric } from "../result/schema.ts";

/** Every metric of the task over the predictions of a split. */
export function scorePredictions<Split extends string = ResultMetric["split"]>(
  task: TaskDefinition,
  predictions: readonly Prediction[],
  split: Split,
): readonly (Omit<ResultMetric, "split"> & { readonly split: Split })[] {
  const predicted = predictions.map(({ prediction }) => prediction ?? Number.NaN);
  const labels = predictions.map(({ label }) => label);
  return task.metrics.names.map((name) => {
    const metric: Metric = metricTable[name];
    const result = metric.compute(predicted, labels);
    return {
      name,
      value: result.value,
      count: result.count,
      higherIsBetter: metric.higherIsBetter,
      primary: name === task.metrics.primary,
      split,
      reason: "reason" in result ? result.reason : null,
    };
  });
}

/** What always answering the training set's most frequent class (or its mean score) gives on the reported split. */
export function majorityBaseline(
  task: Pick<TaskDefinition, "kind" | "metrics">,
  trainLabels: readonly number[],
  devLabels: readonly number[],
): readonly ResultBaseline[] {
  const name = task.kind === "classification" ? "majority-class" : "mean-score";
  const answer = task.kind === "classification" ? mostFrequent(trainLabels) : mean(trainLabels);
  const scores = scoreBaseline(
    name,
    task,
    devLabels.map(() => answer),
    devLabels,
  );
  return scores.map((score) => ({ ...score, answer }));
}

/** What a linear model over the words of the same training set gives on the reported split. */
export function bagOfWords(
  task: TaskDefinition,
  train: readonly Example[],
  dev: readonly Example[],
  cache: FileCache,
): readonly ResultBaseline[] {
  const predicted = keptBagOfWordsBaseline(train, dev, task, cache);
  return scoreBaseline(
    "bag-of-words",
    task,
    predicted,
    dev.map(({ label }) => label),
  );
}

function scoreBaseline(
  name: string,
  task: Pick<TaskDefinition, "kind" | "metrics">,
  predicted: readonly number[],
  devLabels: readonly number[],
): readonly ResultBaseline[] {
  return task.metrics.names.map((metric) => {
    const result = metricTable[metric].compute(predicted, devLabels);
    const reason = "reason" in result ? result.reason : null;
    return { name, metric, value: result.value, count: result.count, split: "dev", reason, answer: null };
  });
}

/** The lowest of the most frequent values. */
function mostFrequent(labels: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  const ranked = [...counts].sort(([a, countA], [b, countB]) => countB - countA || a - b);
  return ranked[0]?.[0] ?? 0;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
