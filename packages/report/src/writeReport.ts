import { mkdir } from "node:fs/promises";
import { dirname, resolve, sep } from "node:path";
import type { ExampleText, StoredRun } from "@peftbench/harness";
import {
  FormatError,
  loadEvents,
  loadExampleTexts,
  loadPredictions,
  loadRuns,
  stepsOf,
  writeFileAtomic,
} from "@peftbench/harness";
import type { ExamplePrediction } from "./comparison/examples.ts";
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
 * Makes the page out of every run at or below the folders, and writes it whole or not at all; its folder is made where
 * there is none.
 *
 * @throws {NoResultsError} where the folders hold no readable result
 */
export async function writeReport(
  folders: string | readonly string[],
  outFile: string,
  options: ReportOptions,
): Promise<WrittenReport> {
  const list = typeof folders === "string" ? [folders] : folders;
  const runs = new Map<string, StoredRun>();
  const warnings: string[] = [];
  for (const folder of list) {
    const stored = await loadRuns(folder);
    // Trials chose settings; what is compared are the runs that were made with them.
    const reported = stored.runs.filter(({ result }) => result.purpose === "report");
    for (const run of reported) runs.set(resolve(run.folder), run);
    // A page is passed on to others: it says what was left out, not where this machine keeps it.
    warnings.push(...stored.warnings.map((warning) => withoutFolder(warning, folder)));
  }
  if (runs.size === 0) throw new NoResultsError(list, warnings);
  const lossCurves: LossCurve[] = [];
  const predictions = new Map<string, readonly ExamplePrediction[]>();
  const exampleTexts = new Map<string, ReadonlyMap<string, ExampleText>>();
  const hasTexts = new Set<string>();
  for (const run of runs.values()) {
    const { id, cell } = run.result;
    const without = (what: string, error: FormatError): void => {
      warnings.push(`Without ${what}: ${list.reduce(withoutFolder, error.message)}`);
    };
    const curve = await orFormatError(loadLossCurve(run.folder, id));
    if (curve instanceof FormatError) without("a loss curve", curve);
    else lossCurves.push(curve);
    const said = await orFormatError(loadSaid(run.folder));
    if (said instanceof FormatError) without("predictions", said);
    else predictions.set(id, said);
    const task = JSON.stringify([cell.model, cell.task]);
    if (hasTexts.has(task)) continue;
    const texts = await orFormatError(loadExampleTexts(run));
    if (texts instanceof FormatError) without("texts of examples", texts);
    else if (texts.size > 0) {
      exampleTexts.set(id, texts);
      hasTexts.add(task);
    }
  }
  const page = await renderReport({
    ...options,
    results: [...runs.values()].map(({ result }) => result),
    lossCurves,
    predictions,
    exampleTexts,
    notes: [...(options.notes ?? []), ...warnings],
  });
  await mkdir(dirname(outFile), { recursive: true });
  await writeFileAtomic(outFile, page);
  return { file: outFile, results: runs.size, warnings };
}

/** A broken file beside a result costs what is made of it, not the page. */
async function orFormatError<Value>(loading: Promise<Value>): Promise<Value | FormatError> {
  try {
    return await loading;
  } catch (error) {
    if (error instanceof FormatError) return error;
    throw error;
  }
}

async function loadLossCurve(folder: string, runId: string): Promise<LossCurve> {
  const { items } = await loadEvents(folder);
  const evaluations = items.flatMap((event) =>
    event.type === "eval" && event.split === "selection"
      ? event.metrics.map(({ name, value }) => ({ step: event.step, metric: name, value }))
      : [],
  );
  return { runId, points: stepsOf(items).map(({ step, loss }) => ({ step, loss })), evaluations };
}

/** Without the head's outputs, which are most of a file and which the page does not read. */
async function loadSaid(folder: string): Promise<readonly ExamplePrediction[]> {
  const { items } = await loadPredictions(folder);
  return items.map(({ exampleId, label, prediction }) => ({ exampleId, label, prediction }));
}

function withoutFolder(text: string, folder: string): string {
  const ending = folder.endsWith(sep) ? folder : `${folder}${sep}`;
  return text.replaceAll(ending, "");
}
