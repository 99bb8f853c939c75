import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";

/** The command line of each runtime up to the file to run, null where it is not installed. */
export const runtimePrograms = {
  node: [process.execPath, "--import", "tsx"],
  deno: programOf("deno", ["deno", "deno.exe"], ["run", "--allow-all", "--quiet"]),
  bun: programOf("bun", ["bin/bun.exe", "bin/bun"], []),
} as const satisfies Readonly<Record<string, readonly string[] | null>>;

function programOf(
  name: string,
  files: readonly string[],
  parameters: readonly string[],
): readonly string[] | null {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
    const program = files.map((file) => join(folder, file)).find((path) => existsSync(path));
    return program === undefined ? null : [program, ...parameters];
  } catch {
    return null;
  }
}

/** How a process ended. */
export interface ProcessEnd {
  readonly status: number | null;
  readonly signal: string | null;
  /** What it wrote, on either stream. */
  readonly output: string;
  /** Whether a process of its group goes on running. The process itself has been reaped. */
  readonly leavesProcesses: boolean;
}

export interface RunProcessOptions {
  /** Called with all that it has written, whenever it writes. */
  readonly onOutput?: (output: string, child: ChildProcess) => void;
  /** Address space in GiB, beyond which the system refuses memory. By the shell's `ulimit`, so not on Windows. */
  readonly addressSpaceGib?: number;
}

/** Runs a program in a process group of its own until it ends. One that hangs is killed, which its signal tells. */
export function runProcess(
  command: readonly string[],
  { onOutput, addressSpaceGib }: RunProcessOptions = {},
): Promise<ProcessEnd> {
  const limited =
    addressSpaceGib === undefined
      ? command
      : ["sh", "-c", `ulimit -v ${addressSpaceGib * 2 ** 20} && exec "$0" "$@"`, ...command];
  const [program = "", ...parameters] = limited;
  const child = spawn(program, parameters, {
    // Node looks for tsx from here.
    cwd: import.meta.dirname,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
    timeout: 560_000,
    killSignal: "SIGKILL",
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      onOutput?.(output, child);
    });
  }
  return new Promise((done, fail) => {
    child.on("error", fail);
    child.on("close", async (status, signal) => {
      const leavesProcesses = !(await groupEnds(child.pid ?? 0));
      done({ status, signal, output, leavesProcesses });
    });
  });
}

/** The line of JSON in what a process wrote; Dawn writes warnings beside it. */
export function reportIn<Report>(output: string): Report {
  const line = output.split("\n").find((text) => text.startsWith("{"));
  return JSON.parse(line ?? "") as Report;
}

/** Waits until no process of the group is left; false if one stays. */
async function groupEnds(group: number): Promise<boolean> {
  // tsx's compiler, a process of its own, notices the end of the program a moment later.
  for (let attempt = 0; attempt < 200; attempt++) {
    if (!(await hasProcesses(group))) return true;
    await setTimeout(50);
  }
  return false;
}

async function hasProcesses(group: number): Promise<boolean> {
  if (process.platform === "linux") {
    const states = await Promise.all(
      (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(stateOf),
    );
    // An orphan that has ended stays as a zombie where the container's first process reaps none: that is not ours.
    return states.some((found) => found?.group === group && found.state !== "Z");
  }
  try {
    process.kill(-group, 0);
    return true;
  } catch {
    return false;
  }
}

async function stateOf(id: string): Promise<{ readonly state: string; readonly group: number } | null> {
  const text = await readFile(`/proc/${id}/stat`, "utf8").catch(() => null);
  if (text === null) return null;
  // After the name, which is in parentheses and may hold anything: state, parent, group.
  const [state = "", , group] = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { state, group: Number(group) };
}
