import { resolve, sep } from "node:path";
import type { RunResult } from "@peftbench/harness";
import { FormatError, loadEvents, loadRuns, stepsOf, writeFileAtomic } from "@peftbench/harness";
import type { LossCurve } from "./lossCurve.ts";
import type { ReportInput } from "./report.ts";
import { renderReport } from "./report.ts";

/** What the page cannot take from the results. */
export type ReportOptions = Pick<
  ReportInput,
  "generatedAt" | "title" | "notes" | "command" | "reference" | "published"
>;

/** What went into a written page. */
export interface WrittenReport {
  readonly file: string;
  /** Runs found, finished or not. */
  readonly results: number;
  /** What was left out, a sentence each; the page has them too. */
  readonly warnings: readonly string[];
}

/** There was nothing to make a page of. */
export class NoResultsError extends Error {
  override readonly name = "NoResultsError";

  constructor(folders: readonly string[], warnings: readonly string[]) {
    const leftOut = warnings.length === 0 ? "" : ` ${warnings.join(" ")}`;
    super(
      `Found no result.json in or below ${folders.join(", ")}; expected the folder that a suite wrote to (--out).${leftOut}`,
    );
  }
}

/**
 * Makes the page out of every run at or below the folders, and writes it whole or not at all.
 *
 * @throws {NoResultsError} where the folders hold no readable result
 */
export async function writeReport(
  folders: string | readonly string[],
  outFile: string,
  options: ReportOptions,
): Promise<WrittenReport> {
  const list = typeof folders === "string" ? [folders] : folders;
  const runs = new Map<string, { readonly folder: string; readonly result: RunResult }>();
  const warnings: string[] = [];
  for (const folder of list) {
    const stored = await loadRuns(folder);
    for (const run of stored.runs) runs.set(resolve(run.folder), run);
    // A page is passed on to others: it says what was left out, not where this machine keeps it.
    warnings.push(...stored.warnings.map((warning) => withoutFolder(warning, folder)));
  }
  if (runs.size === 0) throw new NoResultsError(list, warnings);
  const lossCurves: LossCurve[] = [];
  for (const { folder, result } of runs.values()) {
    const curve = await loadLossCurve(folder, result.id);
    if (curve instanceof FormatError) {
      warnings.push(`Without a loss curve: ${list.reduce(withoutFolder, curve.message)}`);
    } else lossCurves.push(curve);
  }
  const page = await renderReport({
    ...options,
    results: [...runs.values()].map(({ result }) => result),
    lossCurves,
    notes: [...(options.notes ?? []), ...warnings],
  });
  await writeFileAtomic(outFile, page);
  return { file: outFile, results: runs.size, warnings };
}

/** The curve is a picture beside the results: a broken file costs the picture, not the page. */
async function loadLossCurve(folder: string, runId: string): Promise<LossCurve | FormatError> {
  try {
    const { items } = await loadEvents(folder);
    const evaluations = items.flatMap((event) =>
      event.type === "eval" && event.split === "selection"
        ? event.metrics.map(({ name, value }) => ({ step: event.step, metric: name, value }))
        : [],
    );
    return { runId, points: stepsOf(items).map(({ step, loss }) => ({ step, loss })), evaluations };
  } catch (error) {
    if (error instanceof FormatError) return error;
    throw error;
  }
}

function withoutFolder(text: string, folder: string): string {
  const ending = folder.endsWith(sep) ? folder : `${folder}${sep}`;
  return text.replaceAll(ending, "");
}
