import { readdir, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import type { RunCell } from "../result/schema.ts";
import type { RunPurpose } from "../result/tuning.ts";
import { TEMPORARY_ENDING } from "./atomicFile.ts";

/** The files of one run. */
export interface RunPaths {
  readonly folder: string;
  readonly result: string;
  readonly events: string;
  readonly predictions: string;
  /** Folder of the files for GLUE's server. */
  readonly submission: string;
  /** What the process of the cell was told; removed once the run has ended well. */
  readonly cell: string;
  readonly lock: string;
  /** What the process of the cell wrote on standard error. */
  readonly errorLog: string;
}

/** `<out>/runs/<suite>/<model>-<method>-<task>-s<seed>-<first 8 digits of the id>`; trials have `trials` in place of `runs`. */
export function runPaths(
  outFolder: string,
  cell: RunCell,
  id: string,
  purpose: RunPurpose = "report",
): RunPaths {
  const name = [cell.model, cell.method, cell.task, `s${cell.seed}`, id.slice(0, 8)].map(safeName).join("-");
  return pathsIn(join(outFolder, purpose === "trial" ? "trials" : "runs", safeName(cell.suite), name));
}

export function pathsIn(folder: string): RunPaths {
  return {
    folder,
    result: join(folder, "result.json"),
    events: join(folder, "events.jsonl"),
    predictions: join(folder, "predictions.jsonl"),
    submission: join(folder, "submission"),
    cell: join(folder, "cell.json"),
    lock: join(folder, "lock"),
    errorLog: join(folder, "stderr.log"),
  };
}

/** The predictions of a labelled split beside dev: `predictions-mismatched.jsonl`. */
export function furtherPredictionsPath({ folder }: RunPaths, split: string): string {
  return join(folder, `predictions-${safeName(split)}.jsonl`);
}

/** Removes what a killed writer left under temporary names. For the holder of the lock alone. */
export async function removeTemporaryFiles(paths: RunPaths): Promise<void> {
  // Those of the lock belong to processes that are just trying to take it.
  const lock = `${basename(paths.lock)}.`;
  for (const name of await readdir(paths.folder)) {
    if (name.endsWith(TEMPORARY_ENDING) && !name.startsWith(lock))
      await rm(join(paths.folder, name), { force: true });
  }
}

/** Removes what an earlier run of the cell left, but for the lock: a forced run starts from nothing. */
export async function emptyRunFolder(paths: RunPaths): Promise<void> {
  const kept = [paths.lock, paths.cell, paths.errorLog].map((path) => basename(path));
  for (const name of await readdir(paths.folder)) {
    if (kept.includes(name) || name.startsWith(`${basename(paths.lock)}.`)) continue;
    await rm(join(paths.folder, name), { force: true, recursive: true });
  }
}

/** A name without anything a file system minds. */
export function safeName(text: string): string {
  return text.replace(/[^A-Za-z0-9._]+/g, "_").replace(/^\.+/, "_");
}
