import type { StoredRun } from "@peftbench/harness";
import { loadEvents, stepsOf, writeFileAtomic } from "@peftbench/harness";
import type { LossCurve } from "@peftbench/report";
import { renderReport } from "@peftbench/report";

/** What a page is to say besides its runs. */
export interface PageOptions {
  readonly title: string;
  readonly generatedAt: Date;
  /** The command that made the results, if it is known. */
  readonly command?: string;
  readonly notes?: readonly string[];
}

/** Writes the page of some runs. A damaged event log costs its run the loss curve, and the page says so. */
export async function writeReport(
  path: string,
  runs: readonly StoredRun[],
  options: PageOptions,
): Promise<void> {
  const lossCurves: LossCurve[] = [];
  const notes = [...(options.notes ?? [])];
  for (const { folder, result } of runs) {
    try {
      const steps = stepsOf((await loadEvents(folder)).items);
      const points = steps.map(({ step, loss }) => ({ step, loss }));
      if (points.length > 0) lossCurves.push({ runId: result.id, points });
    } catch (error) {
      notes.push(`A loss curve is missing: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const page = await renderReport({
    results: runs.map((run) => run.result),
    lossCurves,
    generatedAt: options.generatedAt.toISOString(),
    title: options.title,
    notes,
    ...(options.command === undefined ? {} : { command: options.command }),
  });
  await writeFileAtomic(path, page);
}
