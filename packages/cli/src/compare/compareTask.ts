import type { StoredRun } from "@peftbench/harness";
import { loadPredictions } from "@peftbench/harness";
import type { RunComparison, ScoredRun } from "@peftbench/report";
import { compareRuns, resampleRuns } from "@peftbench/report";
import { createRandom } from "@peftbench/runtime";
import type { PairedTask } from "./pairCells.ts";

export interface TaskSettings {
  readonly resamples: number;
  readonly marginPoints: number;
}

/** Tests one task by the predictions in its run folders. @returns B minus A */
export async function compareTask(task: PairedTask, settings: TaskSettings): Promise<RunComparison> {
  const a = await Promise.all(task.pairs.map((pair) => scoredRun(pair.a, task.metric)));
  const b = await Promise.all(task.pairs.map((pair) => scoredRun(pair.b, task.metric)));
  const examples = resampleRuns([...a, ...b], {
    metric: task.metric,
    resamples: settings.resamples,
    random: createRandom(0, `compare ${task.model} ${task.task}`),
  });
  return compareRuns(b, a, examples, settings.marginPoints);
}

async function scoredRun({ folder, result }: StoredRun, metric: string): Promise<ScoredRun> {
  const value = result.metrics.find(({ name }) => name === metric)?.value ?? Number.NaN;
  return { seed: result.cell.seed, value, predictions: (await loadPredictions(folder)).items };
}
