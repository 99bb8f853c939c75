import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { closeSync, openSync, writeSync } from "node:fs";
import { createInterface } from "node:readline";
import type { RunEvent } from "../result/events.ts";
import { pathsIn } from "../store/runFolder.ts";
import type { CellSpec } from "./cellSpec.ts";
import type { RuntimeCommand } from "./childCommand.ts";
import type { CellMessage } from "./messages.ts";
import { decodeMessage } from "./messages.ts";

/** How a cell's process came to its end. */
export interface CellExit {
  /** Its last word; null where it died without one. */
  readonly message: Exclude<CellMessage, { readonly kind: "event" }> | null;
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** The last lines of its standard error. */
  readonly errorLines: readonly string[];
}

/** A cell at work in a process of its own. */
export interface RunningCell {
  readonly exit: Promise<CellExit>;
  /** Asks it to stop; it ends within a step. */
  stop(): void;
  /** Ends it at once. */
  kill(): void;
}

export interface StartOptions {
  readonly command: RuntimeCommand;
  /** File that calls `runCellProcess`. */
  readonly entryFile: string;
  readonly workingFolder: string;
  /** What the process gets beside this one's environment: where a driver is, which is read as a process starts. */
  readonly environment: Readonly<Record<string, string>>;
  readonly onEvent: (event: RunEvent) => void;
}

const KEPT_ERROR_LINES = 20;

/** Starts the process of one cell; its standard error goes to the run folder's log. */
export function startCell(spec: CellSpec, options: StartOptions): RunningCell {
  const { program, parameters } = options.command;
  const errorLog = openSync(pathsIn(spec.runFolder).errorLog, "w");
  const child = spawn(program, [...parameters, options.entryFile], {
    cwd: options.workingFolder,
    env: { ...process.env, ...options.environment },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const errorLines: string[] = [];
  const keep = (line: string): void => {
    writeSync(errorLog, `${line}\n`);
    errorLines.push(line);
    if (errorLines.length > KEPT_ERROR_LINES) errorLines.shift();
  };
  let last: CellExit["message"] = null;
  const onLine = (line: string): void => {
    const message = decodeMessage(line);
    if (message === null) keep(line);
    else if (message.kind === "event") options.onEvent(message.event);
    else last = message;
  };
  const exit = waitForEnd(child, onLine, keep).then((end) => {
    closeSync(errorLog);
    return { message: last, errorLines, ...end };
  });
  // It may be dead before it has read the line; its exit says so.
  child.stdin?.on("error", () => {});
  child.stdin?.write(`${JSON.stringify(spec)}\n`);
  return { exit, stop: () => child.kill("SIGTERM"), kill: () => child.kill("SIGKILL") };
}

async function waitForEnd(
  child: ChildProcess,
  onLine: (line: string) => void,
  onErrorLine: (line: string) => void,
): Promise<Pick<CellExit, "exitCode" | "signal">> {
  const streams = [readLines(child.stdout, onLine), readLines(child.stderr, onErrorLine)];
  const end = await new Promise<Pick<CellExit, "exitCode" | "signal">>((resolve) => {
    child.once("error", (error) => {
      onErrorLine(String(error));
      resolve({ exitCode: null, signal: null });
    });
    child.once("exit", (exitCode, signal) => resolve({ exitCode, signal }));
  });
  await Promise.all(streams);
  return end;
}

async function readLines(stream: ChildProcess["stdout"], onLine: (line: string) => void): Promise<void> {
  if (stream === null) return;
  await new Promise<void>((resolve) => {
    const lines = createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY });
    lines.on("line", onLine);
    lines.once("close", () => resolve());
  });
}
