import type { EquivalenceResult, McNemarResult, PairedEffect, Prediction } from "@peftbench/harness";
import { equivalenceTest, loadPredictions, mcnemar, pairedBootstrap, pairedEffect } from "@peftbench/harness";
import { createRandom } from "@peftbench/runtime";
import { metrics } from "@peftbench/tasks";
import { oneOf } from "../options/values.ts";
import type { PairedTask } from "./pairCells.ts";

export interface TaskSettings {
  readonly resamples: number;
  readonly marginPoints: number;
}

/** B minus A throughout, in points. */
export interface TaskComparison {
  readonly seeds: readonly number[];
  readonly differencePoints: number;
  /** Over examples, of these trained models; null where predictions of both are not there to compare. */
  readonly intervalPoints: {
    readonly low: number;
    readonly high: number;
    readonly confidence: number;
  } | null;
  readonly test: "McNemar" | "bootstrap";
  readonly pValue: number | null;
  /** Of accuracy, a seed each; none for other metrics. */
  readonly mcnemar: readonly McNemarResult[];
  /** Over seeds. */
  readonly effect: PairedEffect | null;
  readonly equivalence: EquivalenceResult | null;
  /** Why there is no test; null where there is one. */
  readonly problem: string | null;
}

/** Tests one task: McNemar's for the accuracy of one seed, the bootstrap over examples for all else. */
export async function compareTask(task: PairedTask, settings: TaskSettings): Promise<TaskComparison> {
  const differences = task.pairs.map(
    ({ a, b }) => 100 * (scoreOf(b.result.metrics, task.metric) - scoreOf(a.result.metrics, task.metric)),
  );
  const common = {
    seeds: task.pairs.map(({ seed }) => seed),
    differencePoints: differences.reduce((sum, value) => sum + value, 0) / differences.length,
    effect: pairedEffect(differences),
    equivalence: equivalenceTest(differences, settings.marginPoints),
  };
  const aligned = await Promise.all(
    task.pairs.map(async ({ a, b }) =>
      align((await loadPredictions(a.folder)).items, (await loadPredictions(b.folder)).items),
    ),
  );
  const [labels] = aligned.flatMap((pair) => (pair === null ? [] : [pair.labels]));
  const same = aligned.flatMap((pair) =>
    pair !== null && labels?.every((label, index) => pair.labels[index] === label) ? [pair] : [],
  );
  if (labels === undefined || same.length < aligned.length) {
    const problem = `${task.model} ${task.task}: predictions are missing or not of the same examples; no test was made.`;
    return { ...common, intervalPoints: null, test: "bootstrap", pValue: null, mcnemar: [], problem };
  }
  const tables =
    task.metric === "accuracy"
      ? same.map(({ first, second }) => mcnemar(rightOf(first, labels), rightOf(second, labels)))
      : [];
  const [table] = tables;
  if (table !== undefined && tables.length === 1) {
    const { intervalPoints, pValue } = table;
    return { ...common, intervalPoints, test: "McNemar", pValue, mcnemar: tables, problem: null };
  }
  const { interval, pValue } = pairedBootstrap({
    labels,
    pairs: same,
    metric: metrics[oneOf("metric", task.metric, Object.keys(metrics) as (keyof typeof metrics)[])].compute,
    resamples: settings.resamples,
    random: createRandom(0, `compare ${task.model} ${task.task}`),
  });
  const intervalPoints = interval && { ...interval, low: 100 * interval.low, high: 100 * interval.high };
  const problem = pValue === null ? `${task.model} ${task.task}: too few resamples have a score.` : null;
  return { ...common, intervalPoints, test: "bootstrap", pValue, mcnemar: tables, problem };
}

function scoreOf(
  found: readonly { readonly name: string; readonly value: number | null }[],
  name: string,
): number {
  return found.find((metric) => metric.name === name)?.value ?? Number.NaN;
}

/** B's predictions as the first, A's as the second, in one order of examples; null where they do not match. */
function align(
  a: readonly Prediction[],
  b: readonly Prediction[],
): { labels: number[]; first: number[]; second: number[] } | null {
  const ofB = new Map(b.map((prediction) => [prediction.exampleId, prediction]));
  if (a.length === 0 || a.length !== b.length || ofB.size !== b.length) return null;
  const matched = a
    .toSorted((x, y) => (x.exampleId < y.exampleId ? -1 : 1))
    .flatMap((prediction) => {
      const other = ofB.get(prediction.exampleId);
      return other === undefined || other.label !== prediction.label ? [] : [{ prediction, other }];
    });
  if (matched.length < a.length) return null;
  return {
    labels: matched.map(({ prediction }) => prediction.label),
    first: matched.map(({ other }) => other.prediction ?? Number.NaN),
    second: matched.map(({ prediction }) => prediction.prediction ?? Number.NaN),
  };
}

function rightOf(predictions: readonly number[], labels: readonly number[]): boolean[] {
  return predictions.map((prediction, index) => prediction === labels[index]);
}
