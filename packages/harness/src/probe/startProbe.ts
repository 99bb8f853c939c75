import { spawn } from "node:child_process";
import type { RuntimeCommand } from "../grid/childCommand.ts";
import { parseDocument } from "../result/parse.ts";
import type { MeasureRequest } from "./measureRequest.ts";
import type { ProbeAnswer, ProbeRequest } from "./probeRequest.ts";
import { probeAnswerSchema } from "./probeRequest.ts";

export interface ProbeProcessOptions {
  readonly command: RuntimeCommand;
  /** File that calls `runProbeProcess`. */
  readonly entryFile: string;
  readonly workingFolder: string;
  /** What the process gets beside this one's environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** A driver that hangs must not hang the grid. */
  readonly patienceMs: number;
  readonly signal: AbortSignal;
}

/** Probes in a process of its own, which a driver may crash. Never throws: a probe that fails is an answer. */
export async function startProbe(
  request: ProbeRequest | MeasureRequest,
  options: ProbeProcessOptions,
): Promise<ProbeAnswer> {
  const { program, parameters } = options.command;
  const child = spawn(program, [...parameters, options.entryFile], {
    cwd: options.workingFolder,
    env: { ...process.env, ...options.environment },
    stdio: ["pipe", "pipe", "pipe"],
    signal: options.signal,
    timeout: options.patienceMs,
    killSignal: "SIGKILL",
  });
  let [output, errors] = ["", ""];
  child.stdout.on("data", (chunk) => {
    output += String(chunk);
  });
  child.stderr.on("data", (chunk) => {
    errors += String(chunk);
  });
  // It may be dead before it has read the request; its end says so.
  child.stdin.on("error", () => {});
  // Kept open: its end tells the process that this one is gone.
  child.stdin.write(`${JSON.stringify(request)}\n`);
  const end = await new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) =>
      resolve(signal === null ? `ended with exit status ${code}` : `was ended by ${signal}`),
    );
  });
  const line = output.trimEnd().split("\n").at(-1) ?? "";
  if (line.startsWith("{")) return readAnswer(line);
  const lastWords = errors.trim().split("\n").slice(-3).join("\n");
  return {
    problem: `The probe's process ${end}.${lastWords === "" ? "" : ` Its last words:\n${lastWords}`}`,
  };
}

function readAnswer(line: string): ProbeAnswer {
  try {
    return parseDocument(probeAnswerSchema, line, "The probe's answer");
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}
