import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const programPath = fileURLToPath(new URL("./testing/openAndEnd.ts", import.meta.url));

/** The command line of each runtime, null where it is not installed. */
const runtimes: Readonly<Record<string, readonly string[] | null>> = {
  node: [process.execPath, "--import", "tsx"],
  deno: programOf("deno", ["deno", "deno.exe"], ["run", "--allow-all", "--quiet"]),
  bun: programOf("bun", ["bin/bun.exe", "bin/bun"], []),
};

function programOf(name: string, files: readonly string[], parameters: readonly string[]): string[] | null {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
    const program = files.map((file) => join(folder, file)).find((path) => existsSync(path));
    return program === undefined ? null : [program, ...parameters];
  } catch {
    return null;
  }
}

interface End {
  readonly status: number | null;
  readonly signal: string | null;
  readonly output: string;
}

function run([program = "", ...parameters]: readonly string[], endings: readonly string[]): Promise<End> {
  const child = spawn(program, [...parameters, programPath, ...endings], {
    // Node looks for tsx from here.
    cwd: import.meta.dirname,
    stdio: ["ignore", "pipe", "pipe"],
    // A process that hangs is a failure with a signal, not a test that never ends.
    timeout: 60_000,
    killSignal: "SIGKILL",
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  return new Promise((done, fail) => {
    child.on("error", fail);
    child.on("close", (status, signal) => done({ status, signal, output }));
  });
}

describe.each(Object.entries(runtimes))("a process with a device, under %s", (_name, command) => {
  it.skipIf(command === null).each([
    { ending: "dispose", status: 0, says: "done" },
    { ending: "leave", status: 0, says: "done" },
    { ending: "throw", status: 1, says: "thrown on purpose" },
    { ending: "lose", status: 0, says: "DeviceLostError" },
  ])("ends by itself: $ending", async ({ ending, status, says }) => {
    const end = await run(command ?? [], [ending]);
    expect(end).toMatchObject({ status, signal: null, output: expect.stringContaining(says) });
  });
});

describe("a process with a device of the runtime's own WebGPU", () => {
  const { deno } = runtimes;
  it.skipIf(deno === null).each(["dispose", "leave", "lose"])(
    "computes and ends by itself: %s",
    async (ending) => {
      const end = await run(deno ?? [], [ending, "own"]);
      expect(end).toMatchObject({ status: 0, signal: null, output: expect.stringContaining("done") });
    },
  );
});
