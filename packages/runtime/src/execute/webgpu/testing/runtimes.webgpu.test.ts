import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { opNames } from "../../../ops/registry.ts";
import type { OpCasesReport } from "../../../testing/runCases.ts";
import type { AdapterDescription } from "../device/adapterDescription.ts";
import { reportIn, runProcess, runtimePrograms } from "./runtimePrograms.ts";

/** A guard against a hang: over a thousand small programs take minutes where the processors are busy. */
const OP_SUITE_TIMEOUT_MS = 600_000;

const programPath = fileURLToPath(new URL("./runtimeCheck.ts", import.meta.url));
const { deno, bun } = runtimePrograms;
if (deno === null || bun === null)
  console.warn(
    "Runtimes are not tested that are not installed: the npm packages `deno` and `bun` bring them.",
  );

interface TrainingReport {
  readonly losses: number;
  readonly last: number;
  readonly worstDifference: number;
}

async function report<Report>(command: readonly string[]): Promise<Report & { adapter: AdapterDescription }> {
  const { output, ...end } = await runProcess(command);
  expect(end, output).toEqual({ status: 0, signal: null, leavesProcesses: false });
  return reportIn(output);
}

describe.each([
  { name: "Deno's own WebGPU", command: deno, implementation: "runtime", steps: 30 },
  // Bun collects early and so is the first to show an object of Dawn's that nobody holds.
  { name: "Dawn under Bun", command: bun, implementation: "dawn", steps: 200 },
])("$name", ({ command, implementation, steps }) => {
  const check = (name: string): readonly string[] => [
    ...(command ?? []),
    programPath,
    name,
    implementation,
    String(steps),
  ];

  it.skipIf(command === null)(
    "passes the op suite",
    async () => {
      const { ops, passed, failures, adapter } = await report<OpCasesReport>(check("ops"));
      expect(failures).toEqual([]);
      expect(ops).toBe(opNames().length);
      expect(passed).toBeGreaterThan(1000);
      expect(adapter.backend).toBe(implementation);
    },
    OP_SUITE_TIMEOUT_MS,
  );

  it.skipIf(command === null)("trains as the CPU executor does, while garbage is collected", async () => {
    const { losses, last, worstDifference } = await report<TrainingReport>(check("train"));
    expect(losses).toBe(steps);
    expect(last).toBeGreaterThan(0);
    expect(worstDifference).toBeLessThan(1e-4);
  });
});
