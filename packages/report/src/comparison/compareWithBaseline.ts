import {
  estimateOverSeeds,
  estimateOverSeedsAndExamples,
  pairedEffect,
  withVariance,
} from "@peftbench/harness";
import type { RunComparison } from "./compareRuns.ts";
import { collapsed, comparePairs, tested, untested } from "./compareRuns.ts";
import type { ComparedExamples, ScoredRun } from "./examples.ts";
import { metricNamed } from "./examples.ts";

/** A score that is the same for every seed. */
export interface BaselineScore {
  /** As stored. */
  readonly value: number;
  /** What it says of each example, as a run among the compared examples; null where that is not known. */
  readonly run: ScoredRun | null;
}

/**
 * Compares a method with a score that needs no model, method minus baseline. In pairs where the baseline's answers are
 * known. Where they are not, it is taken for a score on examples of its own, which widens the error: both sides find
 * the same examples easy, so in truth their difference varies less.
 */
export function compareWithBaseline(
  runs: readonly ScoredRun[],
  baseline: BaselineScore,
  examples: ComparedExamples,
  marginPoints: number,
): RunComparison {
  const { run, value } = baseline;
  if (run !== null && examples.resampled.has(run)) {
    const pairs = runs.map((first) => ({ seed: first.seed, first, second: run }));
    return comparePairs(pairs, examples, marginPoints);
  }
  const differences = runs.map((each) => 100 * (each.value - value));
  const seeds = runs.map(({ seed }) => seed);
  const mean = differences.reduce((sum, each) => sum + each, 0) / differences.length;
  const base = { ...untested(seeds, mean), effect: pairedEffect(differences) };
  const rows = runs.flatMap(
    (each) => examples.resampled.get(each)?.map((score) => 100 * (score - value)) ?? [],
  );
  if (rows.length < runs.length) {
    const estimate = estimateOverSeeds(differences);
    if (estimate === null)
      return { ...base, problem: "predictions are missing, and seeds alone say nothing" };
    const problem = "predictions are missing: tested over seeds alone";
    return { ...base, ...tested(estimate, "seeds", marginPoints), problem };
  }
  const estimate = estimateOverSeedsAndExamples(differences, rows);
  if (estimate === null && rows.every((row) => row.every((score) => score === 0))) {
    return { ...base, ...collapsed(examples.metric) };
  }
  if (estimate === null) return { ...base, problem: "too few resamples of the examples have a score" };
  const variance = 100 ** 2 * scoreVariance(value, examples);
  const problem =
    "the baseline's answers are not known one by one: it is taken for a score on other examples";
  const found = tested(withVariance(estimate, variance), "seeds and examples", marginPoints);
  return { ...base, ...found, equivalence: runs.length > 1 ? found.equivalence : null, problem };
}

/** Of a share of right answers that of a binomial; of a correlation or an F1 what is about the most it can be. */
function scoreVariance(value: number, { metric, labels }: ComparedExamples): number {
  return (metric === "accuracy" ? value * (1 - value) : 1 - value * value) / labels.length;
}

/**
 * A baseline that says the same of every example, as a run.
 * @param answer as its result tells it; null in results from before that was kept. It then is the label which scores
 *   just what the baseline has.
 * @returns null where no label does, or more than one, as on a balanced split
 */
export function constantAnswers(
  { value, answer }: { readonly value: number; readonly answer: number | null },
  metric: string,
  like: ScoredRun["predictions"],
): ScoredRun | null {
  const given = answer ?? answerBehind(value, metric, like);
  if (given === null || like.length === 0) return null;
  const predictions = like.map(({ exampleId, label }) => ({ exampleId, label, prediction: given }));
  return { seed: 0, value, predictions };
}

function answerBehind(value: number, metric: string, like: ScoredRun["predictions"]): number | null {
  const compute = metricNamed(metric);
  const labels = Float64Array.from(like, ({ label }) => label);
  const [answer, ...others] = [...new Set(labels)].filter((label) => {
    const score = compute?.(new Float64Array(labels.length).fill(label), labels).value ?? null;
    return score !== null && Math.abs(score - value) < 1e-12;
  });
  return answer === undefined || others.length > 0 ? null : answer;
}
