import type { CellSpec } from "../grid/cellSpec.ts";
import { finishedResult } from "../grid/runGrid.ts";
import { canonicalJson } from "../identity.ts";
import { writeFileAtomic } from "../store/atomicFile.ts";
import { withLockIfFree } from "../store/lock.ts";
import { pathsIn } from "../store/runFolder.ts";

/**
 * Writes into the finished results of cells how this call came to their settings: by a search, or given. A result may be
 * from before the search, with settings that were given and that the search has chosen too, or the other way about: it
 * need not run again, and it must not say what this call has not done. A cell that another process is at is left alone.
 */
export async function recordTuning(specs: readonly CellSpec[]): Promise<void> {
  for (const spec of specs) {
    if (!(await saysOtherwise(spec))) continue;
    const paths = pathsIn(spec.runFolder);
    await withLockIfFree(paths.lock, async () => {
      const result = await finishedResult(spec);
      if (result === null) return;
      const told = { ...result, tuning: spec.tuning };
      await writeFileAtomic(paths.result, `${JSON.stringify(told, null, 2)}\n`);
    });
  }
}

async function saysOtherwise(spec: CellSpec): Promise<boolean> {
  const result = await finishedResult(spec);
  return result !== null && canonicalJson(result.tuning) !== canonicalJson(spec.tuning);
}
