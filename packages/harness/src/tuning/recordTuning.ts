import type { CellSpec } from "../grid/cellSpec.ts";
import { finishedResult } from "../grid/runGrid.ts";
import { canonicalJson } from "../identity.ts";
import { writeFileAtomic } from "../store/atomicFile.ts";
import { acquireLock } from "../store/lock.ts";
import { pathsIn } from "../store/runFolder.ts";

/**
 * Writes into the finished results of cells how their settings were chosen. A result may be from before the search,
 * with settings that were given and that the search has chosen too: it need not run again, and it must say so.
 */
export async function recordTuning(specs: readonly CellSpec[]): Promise<void> {
  for (const spec of specs) {
    if (spec.tuning === null || !(await lacksTuning(spec))) continue;
    const paths = pathsIn(spec.runFolder);
    const lock = await acquireLock(paths.lock, { waitMs: 0 });
    try {
      const result = await finishedResult(spec);
      if (result === null) continue;
      const told = { ...result, tuning: spec.tuning };
      await writeFileAtomic(paths.result, `${JSON.stringify(told, null, 2)}\n`);
    } finally {
      await lock.release();
    }
  }
}

async function lacksTuning(spec: CellSpec): Promise<boolean> {
  const result = await finishedResult(spec);
  return result !== null && canonicalJson(result.tuning) !== canonicalJson(spec.tuning);
}
