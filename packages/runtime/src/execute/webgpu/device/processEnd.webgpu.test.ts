import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { RunProcessOptions } from "../testing/runtimePrograms.ts";
import { reportIn, runProcess, runtimePrograms } from "../testing/runtimePrograms.ts";

const openAndEnd = fileURLToPath(new URL("./testing/openAndEnd.ts", import.meta.url));
const failAndEnd = fileURLToPath(new URL("./testing/failAndEnd.ts", import.meta.url));

const { deno } = runtimePrograms;

describe.each(Object.entries(runtimePrograms))("a process with a device, under %s", (_name, command) => {
  it.skipIf(command === null).each([
    { ending: "dispose", status: 0, says: "done" },
    { ending: "leave", status: 0, says: "done" },
    { ending: "throw", status: 1, says: "thrown on purpose" },
    { ending: "lose", status: 0, says: "DeviceLostError" },
  ])("ends by itself: $ending", async ({ ending, status, says }) => {
    const end = await runProcess([...(command ?? []), openAndEnd, ending]);
    expect(end).toMatchObject({ status, signal: null, output: expect.stringContaining(says) });
  });
});

describe("a process with a device of the runtime's own WebGPU", () => {
  it.skipIf(deno === null).each(["dispose", "leave", "lose"])(
    "computes and ends by itself: %s",
    async (ending) => {
      const end = await runProcess([...(deno ?? []), openAndEnd, ending, "runtime"]);
      expect(end).toMatchObject({ status: 0, signal: null, output: expect.stringContaining("done") });
    },
  );
});

interface FailureReport {
  readonly failures: readonly unknown[];
  readonly adapter: string;
}

/** Every WebGPU there is to fail. */
const backends = [
  ...Object.entries(runtimePrograms).map(([runtime, command]) => ({
    name: `Dawn under ${runtime}`,
    command,
    implementation: "dawn",
  })),
  { name: "Deno's own WebGPU", command: deno, implementation: "runtime" },
];

describe.each(backends)("a training process on $name", ({ command, implementation }) => {
  const fail = (failure: string, options: RunProcessOptions = {}) =>
    runProcess([...(command ?? []), failAndEnd, failure, implementation], options);
  const stopOnce = (signal: NodeJS.Signals): RunProcessOptions => ({
    onOutput: (output, child) => {
      if (output.endsWith("training\n")) child.kill(signal);
    },
  });

  it.skipIf(command === null)("that loses its device says so and ends by itself", async () => {
    const { output, ...end } = await fail("lose");
    expect(end, output).toEqual({ status: 0, signal: null, leavesProcesses: false });
    const { failures } = reportIn<FailureReport>(output);
    const lost = { name: "DeviceLostError", remedy: expect.stringMatching(/\S/) };
    expect(failures).toMatchObject([lost, lost, lost, lost]);
  });

  it.skipIf(command === null || process.platform !== "linux")(
    "that runs out of memory says so, goes on training and ends by itself",
    async ({ skip }) => {
      const { output, ...end } = await fail("out-of-memory", { addressSpaceGib: 128 });
      expect(end, output).toEqual({ status: 0, signal: null, leavesProcesses: false });
      const { failures, adapter } = reportIn<FailureReport>(output);
      // lavapipe gives any memory and takes it when it is first written.
      skip(!/swiftshader/i.test(adapter), `${adapter} refuses no memory`);
      const message = expect.stringMatching(/the buffer "arena:\d+" needs/);
      expect(failures).toMatchObject([{ name: "GpuOutOfMemoryError", message }]);
    },
  );

  it.skipIf(command === null)("that is asked to stop ends by itself", async () => {
    const { output, ...end } = await fail("train", stopOnce("SIGTERM"));
    expect(end, output).toEqual({ status: 0, signal: null, leavesProcesses: false });
    expect(output).toContain("isDisposed");
  });

  it.skipIf(command === null)("that is killed leaves nothing behind", async () => {
    const { output, ...end } = await fail("train", stopOnce("SIGKILL"));
    expect(end, output).toEqual({ status: null, signal: "SIGKILL", leavesProcesses: false });
    expect(output).not.toContain("isDisposed");
  });
});
