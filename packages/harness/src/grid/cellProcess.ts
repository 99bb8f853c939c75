import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as macrotask } from "node:timers/promises";
import { OutOfMemoryError } from "@peftbench/runtime";
import { describeEnvironment } from "../environment.ts";
import type { RunEventBody } from "../result/events.ts";
import { checkValue, FormatError, parseDocument } from "../result/parse.ts";
import type { Prediction } from "../result/predictions.ts";
import type { ResultError, RunResult, RunStatus } from "../result/schema.ts";
import { resultSchema } from "../result/schema.ts";
import { writeFileAtomic } from "../store/atomicFile.ts";
import { openEventLog } from "../store/eventLog.ts";
import { keepExampleTexts } from "../store/exampleTexts.ts";
import type { Lock } from "../store/lock.ts";
import { acquireLock, LockHeldError } from "../store/lock.ts";
import { loadResult } from "../store/results.ts";
import type { RunPaths } from "../store/runFolder.ts";
import { emptyRunFolder, furtherPredictionsPath, pathsIn, removeTemporaryFiles } from "../store/runFolder.ts";
import type { CellSpec } from "./cellSpec.ts";
import { cellSpecSchema } from "./cellSpec.ts";
import type { CellContext, CellOutcome, ExecuteCell } from "./executeCell.ts";
import { InterruptedError } from "./executeCell.ts";
import { isFinished } from "./finished.ts";
import type { CellMessage } from "./messages.ts";
import { encodeMessage } from "./messages.ts";

/**
 * The whole life of a cell's process: reads its spec, takes the folder's lock, executes, writes the result, tells the
 * grid. The entry file of the process calls this and nothing else.
 *
 * The grid sends the spec as the first line of standard input and keeps that open. A person who wants to run one cell
 * alone gives the path of its `cell.json` as the first argument instead.
 *
 * Stops at the next `throwIfInterrupted` after SIGINT or SIGTERM, or when standard input ends: that is how it notices
 * that the grid's process is gone, even by `kill -9`.
 */
export async function runCellProcess(executeCell: ExecuteCell): Promise<void> {
  const [specFile] = process.argv.slice(2);
  const interruption = listenForInterruption();
  const text =
    specFile === undefined ? await interruption.firstLineOfInput() : await readFile(specFile, "utf8");
  const spec = parseDocument(cellSpecSchema, text, specFile ?? "The spec on standard input");
  const message = await lockAndRun(executeCell, spec, interruption);
  await send(message);
  const failed = message.kind === "busy" || message.result.status !== "ok";
  // The listener on standard input, and whatever a native library keeps open, would hold the process back.
  process.exit(failed ? 1 : 0);
}

type EndMessage = Exclude<CellMessage, { readonly kind: "event" }>;

/** How long to wait for another holder of the folder: a killed grid's process ends within a step. */
const LOCK_WAIT_MS = 30_000;

async function lockAndRun(
  executeCell: ExecuteCell,
  spec: CellSpec,
  interruption: Interruption,
): Promise<EndMessage> {
  const paths = pathsIn(spec.runFolder);
  let lock: Lock;
  try {
    lock = await acquireLock(paths.lock, { waitMs: LOCK_WAIT_MS });
  } catch (error) {
    if (error instanceof LockHeldError) return { kind: "busy", message: `${error.message} ${error.remedy}` };
    throw error;
  }
  try {
    // Looked at again under the lock: another grid may have finished the cell in the meantime.
    const before = await readableResult(paths);
    if (!spec.force && before !== null && isFinished(before, spec)) {
      return { kind: "alreadyFinished", result: before };
    }
    await removeTemporaryFiles(paths);
    if (spec.force) await emptyRunFolder(paths);
    await writeFileAtomic(paths.cell, `${JSON.stringify(spec, null, 2)}\n`);
    const result = await run(executeCell, spec, paths, interruption);
    if (result.status === "ok") await rm(paths.cell, { force: true });
    return { kind: "result", result };
  } finally {
    await lock.release();
  }
}

async function run(
  executeCell: ExecuteCell,
  spec: CellSpec,
  paths: RunPaths,
  interruption: Interruption,
): Promise<RunResult> {
  const log = openEventLog(paths.events);
  const warnings: string[] = [...spec.warnings];
  let known: Partial<CellOutcome> = {};
  const emit = (body: RunEventBody): void => {
    const event = { ...body, at: new Date().toISOString() };
    log.append(event);
    if (event.type === "warning" && !warnings.includes(event.message)) warnings.push(event.message);
    process.stdout.write(encodeMessage({ kind: "event", event }));
  };
  const context: CellContext = {
    spec,
    folder: paths.folder,
    nowMs: () => performance.now(),
    emit,
    record: (parts) => {
      known = { ...known, ...parts };
    },
    throwIfInterrupted: async () => {
      await macrotask();
      const reason = interruption.reason();
      if (reason !== null) throw new InterruptedError(reason);
    },
  };
  try {
    let failure: Failure | null = null;
    let result: RunResult;
    try {
      known = { ...known, ...(await executeCell(context)) };
      result = checkValue(resultSchema, assemble(spec, known, warnings, null), "The outcome of the cell");
      await writePredictions(paths, known);
      await keepExampleTexts(paths.folder, result, known.exampleTexts ?? []);
    } catch (error) {
      failure = classify(error);
      result = assemble(spec, known, warnings, failure);
    }
    // The result comes last: where it is, everything beside it is whole.
    await writeFileAtomic(paths.result, `${JSON.stringify(result, null, 2)}\n`);
    emit({ type: "done", status: result.status });
    return result;
  } finally {
    log.close();
  }
}

async function writePredictions(paths: RunPaths, known: Partial<CellOutcome>): Promise<void> {
  await writeFileAtomic(paths.predictions, asLines(known.predictions ?? []));
  for (const { split, predictions } of known.furtherPredictions ?? [])
    await writeFileAtomic(furtherPredictionsPath(paths, split), asLines(predictions));
  const files = known.submissionFiles ?? [];
  if (files.length > 0) await mkdir(paths.submission, { recursive: true });
  for (const { name, text } of files) await writeFileAtomic(join(paths.submission, name), text);
}

function asLines(predictions: readonly Prediction[]): string {
  return predictions.map((prediction) => `${JSON.stringify(prediction)}\n`).join("");
}

interface Failure {
  readonly status: Exclude<RunStatus, "ok">;
  readonly error: ResultError;
}

function classify(cause: unknown): Failure {
  const error = cause instanceof Error ? cause : new Error(String(cause));
  const status =
    error instanceof OutOfMemoryError || error.name === "OutOfMemoryError"
      ? "oom"
      : error.name === "NonFiniteLossError"
        ? "diverged"
        : error.name === "InterruptedError"
          ? "interrupted"
          : "failed";
  if (status === "failed") console.error(error.stack ?? error.message);
  const remedy = "remedy" in error && typeof error.remedy === "string" ? error.remedy : null;
  return { status, error: { type: error.name, message: error.message || error.name, remedy } };
}

function assemble(
  spec: CellSpec,
  known: Partial<CellOutcome>,
  warnings: readonly string[],
  failure: Failure | null,
): RunResult {
  return {
    schemaVersion: 1,
    id: spec.id,
    cell: spec.cell,
    purpose: spec.purpose,
    tuning: spec.tuning,
    status: failure?.status ?? "ok",
    error: failure?.error ?? null,
    metrics: known.metrics ?? [],
    selectionMetrics: known.selectionMetrics ?? [],
    selection: known.selection ?? null,
    submission: known.submission ?? null,
    furtherMetrics: known.furtherMetrics ?? [],
    baselines: known.baselines ?? [],
    parameters: known.parameters ?? null,
    memory: known.memory ?? null,
    measuredMemory: known.measuredMemory ?? spec.measuredMemory,
    time: known.time ?? null,
    stages: known.stages ?? [],
    rankHistory: known.rankHistory ?? null,
    lossSummary: known.lossSummary ?? null,
    notices: [...spec.notices],
    warnings: [...warnings],
    environment: describeEnvironment({
      sources: spec.sources,
      executor: spec.executor,
      executorVersion: known.executorVersion ?? "unknown",
      adapter: known.adapter ?? null,
      threads: spec.threads,
      now: new Date(),
    }),
    data: known.data ?? null,
    weights: known.weights ?? null,
  };
}

/** A result that cannot be read counts as none: the cell runs again and writes a new one. */
async function readableResult(paths: RunPaths): Promise<RunResult | null> {
  try {
    return await loadResult(paths.folder);
  } catch (error) {
    if (error instanceof FormatError) return null;
    throw error;
  }
}

interface Interruption {
  /** Why the run is to stop; null while it is not. */
  reason(): string | null;
  /** Starts reading standard input, whose end is a reason to stop from then on. */
  firstLineOfInput(): Promise<string>;
}

function listenForInterruption(): Interruption {
  let reason: string | null = null;
  const interrupt = (why: string) => (): void => {
    reason ??= why;
  };
  const orphaned = interrupt("the grid's process is gone");
  process.on("SIGINT", interrupt("SIGINT"));
  process.on("SIGTERM", interrupt("SIGTERM"));
  process.stdout.on("error", orphaned);
  return {
    reason: () => reason,
    firstLineOfInput: () =>
      new Promise((resolve) => {
        let text = "";
        const collect = (chunk: string): void => {
          text += chunk;
          if (text.includes("\n")) finish();
        };
        const finish = (): void => {
          process.stdin.off("data", collect);
          process.stdin.resume();
          resolve(text);
        };
        process.stdin.setEncoding("utf8");
        process.stdin.on("data", collect);
        for (const event of ["end", "close", "error"]) {
          process.stdin.on(event, () => {
            orphaned();
            finish();
          });
        }
      }),
  };
}

function send(message: CellMessage): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.write(encodeMessage(message), () => resolve());
  });
}
