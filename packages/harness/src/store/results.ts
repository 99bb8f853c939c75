import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { RunEvent } from "../result/events.ts";
import type { ParsedLines } from "../result/parse.ts";
import { FormatError, parseEvents, parsePredictions, parseResult } from "../result/parse.ts";
import type { Prediction } from "../result/predictions.ts";
import type { RunResult } from "../result/schema.ts";
import { readIfThere } from "./readIfThere.ts";
import { furtherPredictionsPath, pathsIn } from "./runFolder.ts";

/** A run that has a result, whatever its status. */
export interface StoredRun {
  readonly folder: string;
  readonly result: RunResult;
}

/** The runs of a folder, and what was left out of it. */
export interface StoredRuns {
  /** In the order of their folders' names. */
  readonly runs: readonly StoredRun[];
  /** One sentence for each thing that was ignored: a run without a result, a file that cannot be read. */
  readonly warnings: readonly string[];
}

/** Finds every `result.json` at or below a folder. What is unfinished or unreadable is left out with a warning. */
export async function loadRuns(folder: string): Promise<StoredRuns> {
  const names = (await readdir(folder, { recursive: true })).sort();
  const runs: StoredRun[] = [];
  const warnings: string[] = [];
  const finished = new Set<string>();
  for (const name of names.filter((path) => isNamed(path, "result.json"))) {
    const path = join(folder, name);
    finished.add(dirname(path));
    try {
      runs.push({ folder: dirname(path), result: parseResult(await readFile(path, "utf8"), path) });
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      warnings.push(`Left out: ${error.message}`);
    }
  }
  for (const name of names.filter((path) => isNamed(path, "events.jsonl"))) {
    const runFolder = dirname(join(folder, name));
    if (!finished.has(runFolder)) warnings.push(`Left out: ${runFolder} has no result.json yet.`);
  }
  return { runs, warnings };
}

/**
 * The result of one run folder; null where there is none.
 * @throws {FormatError} for a file that is not a result of this version
 */
export async function loadResult(folder: string): Promise<RunResult | null> {
  const { result } = pathsIn(folder);
  const text = await readIfThere(result);
  return text === null ? null : parseResult(text, result);
}

/** The events of one run folder; none where there is no file. @throws {FormatError} for a wrong line */
export async function loadEvents(folder: string): Promise<ParsedLines<RunEvent>> {
  const { events } = pathsIn(folder);
  return parseEvents((await readIfThere(events)) ?? "", events);
}

/**
 * The predictions of one run folder; none where there is no file.
 * @param split a labelled split beside dev, by its name; dev where absent
 * @throws {FormatError} for a wrong line
 */
export async function loadPredictions(folder: string, split = "dev"): Promise<ParsedLines<Prediction>> {
  const paths = pathsIn(folder);
  const path = split === "dev" ? paths.predictions : furtherPredictionsPath(paths, split);
  return parsePredictions((await readIfThere(path)) ?? "", path);
}

function isNamed(path: string, name: string): boolean {
  return path === name || path.endsWith(`/${name}`) || path.endsWith(`\\${name}`);
}
