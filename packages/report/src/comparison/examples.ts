import type { BootstrapMetric, Prediction } from "@peftbench/harness";
import { resampleScores } from "@peftbench/harness";
import type { Random } from "@peftbench/runtime";
import { metrics } from "@peftbench/tasks";

/** What a run said of one example. */
export type ExamplePrediction = Pick<Prediction, "exampleId" | "label" | "prediction">;

/** One trained model's score on a task, with what it said of each example. */
export interface ScoredRun {
  readonly seed: number;
  /** As stored, under the metric that is compared. */
  readonly value: number;
  /** Of the dev split; none where there are none to read. */
  readonly predictions: readonly ExamplePrediction[];
}

/** The examples of a task and what runs say of them, in one order. */
export interface ComparedExamples {
  /** Name of the metric that runs are compared under. */
  readonly metric: string;
  readonly ids: readonly string[];
  readonly labels: readonly number[];
  /** By run, in the order of `ids`. A run without predictions, or with those of other examples, is not in it. */
  readonly predictions: ReadonlyMap<ScoredRun, readonly number[]>;
  /** The same runs' scores on resamples of the examples, all runs on the same: shape [resamples]. */
  readonly resampled: ReadonlyMap<ScoredRun, Float64Array>;
}

/** Brings predictions into the order of the first run that has any; it decides what the examples are. */
function alignRuns(runs: readonly ScoredRun[]): Pick<ComparedExamples, "ids" | "labels" | "predictions"> {
  const [first] = runs.filter(({ predictions }) => predictions.length > 0);
  const all = first?.predictions ?? [];
  const ids = all.map(({ exampleId }) => exampleId);
  const labels = all.map(({ label }) => label);
  const predictions = new Map<ScoredRun, readonly number[]>();
  for (const run of runs) {
    const ordered = inOrder(run.predictions, ids, labels);
    if (ordered !== null) predictions.set(run, ordered);
  }
  return { ids, labels, predictions };
}

/** Aligns the runs of one task and scores them on resamples of its examples. */
export function resampleRuns(
  runs: readonly ScoredRun[],
  {
    metric,
    resamples,
    random,
  }: { readonly metric: string; readonly resamples: number; readonly random: Random },
): ComparedExamples {
  const aligned = alignRuns(runs);
  const { labels, predictions } = aligned;
  const score = metricNamed(metric);
  const scores =
    score === null || labels.length === 0
      ? []
      : resampleScores({ labels, predictions: [...predictions.values()], metric: score, resamples, random });
  const resampled = new Map<ScoredRun, Float64Array>();
  [...predictions.keys()].forEach((run, index) => {
    const row = scores[index];
    if (row !== undefined) resampled.set(run, row);
  });
  return { metric, ...aligned, resampled };
}

/** @returns null for a name that is no metric of ours */
export function metricNamed(name: string): BootstrapMetric | null {
  return Object.values(metrics).find((metric) => metric.name === name)?.compute ?? null;
}

/** @returns null where these are not predictions of just these examples under just these labels */
function inOrder(
  predictions: readonly ExamplePrediction[],
  ids: readonly string[],
  labels: readonly number[],
): readonly number[] | null {
  const byId = new Map(predictions.map((prediction) => [prediction.exampleId, prediction]));
  if (ids.length === 0 || predictions.length !== ids.length || byId.size !== ids.length) return null;
  const ordered = ids.flatMap((id, index) => {
    const found = byId.get(id);
    return found === undefined || found.label !== labels[index] ? [] : [found.prediction ?? Number.NaN];
  });
  return ordered.length === ids.length ? ordered : null;
}
