import { cp, mkdir, readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { writeFileAtomic } from "../store/atomicFile.ts";
import { keepExampleTexts, loadExampleTexts } from "../store/exampleTexts.ts";
import { withLockIfFree } from "../store/lock.ts";
import type { StoredRun } from "../store/results.ts";
import { loadRuns } from "../store/results.ts";
import { pathsIn } from "../store/runFolder.ts";
import type { CellSpec } from "./cellSpec.ts";
import { isFinished } from "./finished.ts";
import { reuseDifference } from "./reuseDifference.ts";
import { finishedResult } from "./runGrid.ts";

/** Finished runs of other folders of results, to be taken in place of running the same cells again. */
export interface ReusableRuns {
  /** The run that is the cell's: of the same id, which stands for all that decides the outcome. Null where there is none. */
  readonly find: (spec: CellSpec) => StoredRun | null;
  /** Why none of them is the cell's. */
  readonly explain: (spec: CellSpec) => string;
  /** One sentence for each thing in the folders that was ignored. */
  readonly warnings: readonly string[];
}

/** Reads folders of results; of the same cell in several, the first folder's counts. */
export async function reusableRuns(folders: readonly string[]): Promise<ReusableRuns> {
  const found = await Promise.all(folders.map(loadRuns));
  const runs = found.flatMap((stored) => stored.runs);
  return {
    explain: (spec) =>
      reuseDifference(
        spec,
        runs.map(({ result }) => result).filter(({ status }) => status === "ok"),
      ),
    find: (spec) => runs.find(({ result }) => isFinished(result, spec)) ?? null,
    warnings: found.flatMap(({ warnings }) => warnings),
  };
}

/**
 * Copies runs of other folders to where cells without a finished result would put theirs. A cell that is forced is left
 * to run, and one that another process is at is left to it.
 */
export async function takeRuns(specs: readonly CellSpec[], reusable: ReusableRuns): Promise<TakenRuns> {
  const taken: CellSpec[] = [];
  const toRun: CellSpec[] = [];
  for (const spec of specs) {
    if ((await finishedResult(spec)) !== null) continue;
    const run = spec.force ? null : reusable.find(spec);
    (run !== null && (await takeRun(spec, run)) ? taken : toRun).push(spec);
  }
  return { taken, toRun };
}

/** Of cells without a finished result: those that were spared, and the others. */
export interface TakenRuns {
  readonly taken: readonly CellSpec[];
  readonly toRun: readonly CellSpec[];
}

async function takeRun(spec: CellSpec, run: StoredRun): Promise<boolean> {
  const paths = pathsIn(spec.runFolder);
  await mkdir(paths.folder, { recursive: true });
  const isTaken = await withLockIfFree(paths.lock, async () => {
    if ((await finishedResult(spec)) !== null) return false;
    const ofTheProcess = [paths.result, paths.lock, paths.cell, paths.errorLog].map((path) => basename(path));
    for (const name of await readdir(run.folder)) {
      if (ofTheProcess.includes(name)) continue;
      await cp(join(run.folder, name), join(paths.folder, name), { recursive: true, force: true });
    }
    await keepExampleTexts(paths.folder, run.result, [...(await loadExampleTexts(run)).values()]);
    // As of a run itself, the result comes last. What it was made for is this grid's to say.
    const { purpose, tuning } = spec;
    const result = { ...run.result, purpose, tuning };
    await writeFileAtomic(paths.result, `${JSON.stringify(result, null, 2)}\n`);
    return true;
  });
  return isTaken ?? false;
}
