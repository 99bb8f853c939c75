import { isFinished } from "../grid/finished.ts";
import { canonicalJson } from "../identity.ts";
import type { RunResult } from "../result/schema.ts";
import type { ResultTuning } from "../result/tuning.ts";
import type { TrialGroup, TrialSettings } from "./search.ts";
import type { SearchConfig } from "./searchConfig.ts";

/** What a search came to for one method on one task: a choice, or the reason why there is none. */
export type Choice =
  | { readonly kind: "chosen"; readonly settings: TrialSettings; readonly tuning: ResultTuning }
  | { readonly kind: "none"; readonly reason: string };

/**
 * Takes the trial with the best score on held-out rows, and nothing else; of equals the first, which has the lowest
 * learning rate. A trial that diverged is never taken. Where a trial is still to run there is no choice, and one that
 * failed, ran out of memory or was interrupted is: it would run again on the next call, and might then be chosen.
 * @param results of the trials, in their order; null where there is none
 */
export function chooseTrial(
  { task, method, trials }: TrialGroup,
  results: readonly (RunResult | null)[],
  search: Pick<SearchConfig, "seed">,
): Choice {
  const what = `${method.id} on ${task.id}`;
  const missing = trials.flatMap(({ spec }, index) => {
    const result = results[index] ?? null;
    return result !== null && isFinished(result, spec) ? [] : [result?.status ?? "not run"];
  });
  if (missing.length > 0) {
    const states = [...new Set(missing)].join(", ");
    const reason = `${missing.length} of ${trials.length} trials of ${what} have not come to an end (${states})`;
    return { kind: "none", reason };
  }
  const done = trials.map(({ settings, spec }, index) => {
    const result = results[index] as RunResult;
    const metric = result.selectionMetrics.find(({ primary }) => primary);
    const score = result.status === "ok" ? (metric?.value ?? null) : null;
    return { id: spec.id, settings: { ...settings }, score, status: result.status, metric };
  });
  const metric = done.find((trial) => trial.metric !== undefined)?.metric;
  const scored = done.filter(({ score }) => score !== null);
  if (metric === undefined || scored.length === 0) {
    const statuses = [...new Set(done.map(({ status }) => status))].join(", ");
    return { kind: "none", reason: `no trial of ${what} gave a score (${statuses})` };
  }
  const sign = metric.higherIsBetter ? 1 : -1;
  const best = Math.max(...scored.map(({ score }) => sign * (score as number)));
  const chosen = scored.find(({ score }) => sign * (score as number) === best) as (typeof done)[number];
  const { trainLimit, selectionRows } = trainingOf(trials);
  return {
    kind: "chosen",
    settings: chosen.settings,
    tuning: {
      regime: "tuned",
      budget: { trials: trials.length, seed: search.seed, trainLimit, selectionRows },
      metric: metric.name,
      higherIsBetter: metric.higherIsBetter,
      trials: done.map(({ id, settings, score, status }) => ({ id, settings, score, status })),
      chosen: chosen.settings,
      isAtEdge: isAtEdge(
        chosen.settings,
        trials.map(({ settings }) => settings),
      ),
    },
  };
}

function trainingOf(trials: TrialGroup["trials"]) {
  const first = trials[0];
  if (first === undefined) throw new RangeError("Found a search without trials.");
  return first.spec.cell.config.training;
}

/** Among the learning rates that were tried with the same options. */
function isAtEdge(chosen: TrialSettings, all: readonly TrialSettings[]): boolean {
  const optionsOf = ({ learningRate: _, ...options }: TrialSettings): string => canonicalJson(options);
  const rates = all
    .filter((settings) => optionsOf(settings) === optionsOf(chosen))
    .map(({ learningRate }) => Number(learningRate));
  const rate = Number(chosen.learningRate);
  return rate === Math.min(...rates) || rate === Math.max(...rates);
}
