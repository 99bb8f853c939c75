import { mkdir } from "node:fs/promises";
import { describeEnvironment } from "../environment.ts";
import type { RunEvent } from "../result/events.ts";
import { FormatError } from "../result/parse.ts";
import type { RunResult } from "../result/schema.ts";
import { writeFileAtomic } from "../store/atomicFile.ts";
import { withLockIfFree } from "../store/lock.ts";
import { loadResult } from "../store/results.ts";
import { pathsIn } from "../store/runFolder.ts";
import type { CellSpec } from "./cellSpec.ts";
import type { RuntimeCommand } from "./childCommand.ts";
import { isFinished } from "./finished.ts";
import type { CellExit, RunningCell } from "./startCell.ts";
import { startCell } from "./startCell.ts";

/** What became of one cell in this run of the grid. */
export interface CellReport {
  readonly spec: CellSpec;
  /** `skipped`: it was finished before. `busy`: another process is at it. `notStarted`: the grid was stopped. */
  readonly outcome: "ran" | "skipped" | "busy" | "notStarted";
  /** Null where the cell has no result: busy, or not started. */
  readonly result: RunResult | null;
}

/** Who is told of what happens, in the order in which it happens. */
export interface GridListener {
  onCellStart(spec: CellSpec, index: number, count: number): void;
  onEvent(spec: CellSpec, event: RunEvent): void;
  onCellEnd(report: CellReport, index: number, count: number): void;
}

export interface GridOptions {
  readonly command: RuntimeCommand;
  /** File that calls `runCellProcess`; every cell's process starts with it. */
  readonly entryFile: string;
  readonly workingFolder: string;
  /** What the processes get beside this one's environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Called before a cell starts; the cell runs with what it gives. */
  readonly prepare?: (spec: CellSpec) => Promise<CellSpec>;
  readonly listener: GridListener;
  /** Aborted: the running cell is asked to stop, and no other is started. */
  readonly signal: AbortSignal;
}

/**
 * Runs the cells one after another, each in a process of its own; what one does never ends the others. Cells with a
 * finished result are not run again unless their spec says so.
 * @returns a report for every cell, in their order
 */
export async function runGrid(
  specs: readonly CellSpec[],
  options: GridOptions,
): Promise<readonly CellReport[]> {
  const reports: CellReport[] = [];
  for (const [index, spec] of specs.entries()) {
    const report = await runOne(spec, index, specs.length, options);
    options.listener.onCellEnd(report, index, specs.length);
    reports.push(report);
  }
  return reports;
}

/** 0: every cell has a good result. 1: some have not. */
export function exitCodeOf(reports: readonly CellReport[]): 0 | 1 {
  return reports.every((report) => report.result?.status === "ok") ? 0 : 1;
}

/** The stored result of a cell that need not run; null where it must. */
export async function finishedResult(spec: CellSpec): Promise<RunResult | null> {
  if (spec.force) return null;
  try {
    const result = await loadResult(spec.runFolder);
    return result !== null && isFinished(result, spec) ? result : null;
  } catch (error) {
    if (error instanceof FormatError) return null;
    throw error;
  }
}

async function runOne(
  spec: CellSpec,
  index: number,
  count: number,
  options: GridOptions,
): Promise<CellReport> {
  if (options.signal.aborted) return { spec, outcome: "notStarted", result: null };
  const before = await finishedResult(spec);
  if (before !== null) return { spec, outcome: "skipped", result: before };
  await mkdir(spec.runFolder, { recursive: true });
  options.listener.onCellStart(spec, index, count);
  const ready = (await options.prepare?.(spec)) ?? spec;
  if (options.signal.aborted) return { spec, outcome: "notStarted", result: null };
  const cell = startCell(ready, {
    command: options.command,
    entryFile: options.entryFile,
    workingFolder: options.workingFolder,
    environment: options.environment,
    onEvent: (event) => options.listener.onEvent(spec, event),
  });
  const exit = await waitOrStop(cell, options.signal);
  const { message } = exit;
  if (message === null) return { spec, outcome: "ran", result: await recordDeath(ready, exit) };
  if (message.kind === "busy") return { spec, outcome: "busy", result: null };
  return {
    spec,
    outcome: message.kind === "alreadyFinished" ? "skipped" : "ran",
    result: message.result,
  };
}

/** A cell that was asked to stop and has not after this long is ended. A step on the CPU may take seconds. */
const STOP_GRACE_MS = 60_000;

async function waitOrStop(cell: RunningCell, signal: AbortSignal): Promise<CellExit> {
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    cell.stop();
    timer = setTimeout(() => cell.kill(), STOP_GRACE_MS);
  };
  signal.addEventListener("abort", stop, { once: true });
  // Aborted between the look at the signal and the listener.
  if (signal.aborted) stop();
  try {
    return await cell.exit;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}

/** Writes the result of a cell whose process died without writing one. */
async function recordDeath(spec: CellSpec, exit: CellExit): Promise<RunResult> {
  const result = resultOfDeath(spec, exit);
  const paths = pathsIn(spec.runFolder);
  const known = await withLockIfFree(paths.lock, async () => {
    // The process may have died between writing its result and telling of it.
    const earlier = await finishedResult(spec);
    if (earlier === null) await writeFileAtomic(paths.result, `${JSON.stringify(result, null, 2)}\n`);
    return earlier ?? result;
  });
  // Where another grid is at the cell already, what it writes is what counts.
  return known ?? result;
}

function resultOfDeath(spec: CellSpec, exit: CellExit): RunResult {
  const asked = exit.signal === "SIGTERM" || exit.signal === "SIGINT";
  const how =
    exit.signal === null ? `ended with exit status ${exit.exitCode}` : `was ended by ${exit.signal}`;
  const lastLines = exit.errorLines.slice(-5).join("\n");
  return {
    schemaVersion: 1,
    id: spec.id,
    cell: spec.cell,
    purpose: spec.purpose,
    tuning: spec.tuning,
    status: asked ? "interrupted" : "failed",
    error: {
      type: "ProcessDiedError",
      message: `The cell's process ${how}.${lastLines === "" ? "" : ` Its last lines:\n${lastLines}`}`,
      remedy:
        exit.signal === "SIGKILL"
          ? "Systems end processes so when memory runs out: try a smaller batch size, or close other programs."
          : "Read stderr.log in the run's folder, then start the same command again.",
    },
    metrics: [],
    selectionMetrics: [],
    selection: null,
    submission: null,
    furtherMetrics: [],
    baselines: [],
    parameters: null,
    memory: null,
    measuredMemory: spec.measuredMemory,
    time: null,
    stages: [],
    rankHistory: null,
    lossSummary: null,
    notices: [...spec.notices],
    warnings: [...spec.warnings],
    environment: describeEnvironment({
      sources: spec.sources,
      executor: spec.executor,
      executorVersion: "unknown",
      adapter: null,
      threads: spec.threads,
      now: new Date(),
    }),
    data: null,
    weights: null,
  };
}
