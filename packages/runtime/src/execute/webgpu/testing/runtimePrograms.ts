import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

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
  /** Whether a process of its group is left, running or as a zombie. */
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
    child.on("close", (status, signal) =>
      done({ status, signal, output, leavesProcesses: isAlive(-(child.pid ?? 0)) }),
    );
  });
}

function isAlive(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch {
    return false;
  }
}
