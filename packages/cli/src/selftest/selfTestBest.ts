import { spawn } from "node:child_process";
import { join } from "node:path";
import { currentRuntime, runtimeCommand } from "@peftbench/harness";
import type { AdapterReport } from "@peftbench/runtime";
import type { SelfTestReport } from "@peftbench/runtime/selftest";
import { hasPassed } from "@peftbench/runtime/selftest";
import type { CommandContext } from "../command.ts";

/** What came of a self-test; the report is null where there was no adapter, or its process died. */
export interface SelfTestOutcome {
  readonly report: SelfTestReport | null;
  readonly passed: boolean;
  readonly summary: string;
}

/** Tests the first adapter that works, in a process that has the environment its driver needs. */
export async function selfTestBest(
  reports: readonly AdapterReport[],
  context: CommandContext,
): Promise<SelfTestOutcome> {
  const best = reports.find(({ works }) => works);
  if (best === undefined) {
    return {
      report: null,
      passed: false,
      summary: "No self-test: no WebGPU adapter works here (see above).",
    };
  }
  context.say(`self-test on ${best.adapter?.name ?? best.kind}: minutes in software, less on a GPU`);
  const { program, parameters } = runtimeCommand(currentRuntime().name, context.projectFolder);
  const entry = join(context.projectFolder, "packages/cli/src/selftest/selfTestProcess.ts");
  const kind = best.kind === "hardware" ? "hardware" : "software";
  const child = spawn(program, [...parameters, entry, kind], {
    cwd: context.projectFolder,
    env: { ...process.env, ...best.environment },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += String(chunk);
  });
  const end = await new Promise<string>((done) => {
    child.once("error", (error) => done(error.message));
    child.once("close", (code, signal) => done(signal ?? `exit status ${code}`));
  });
  if (!output.startsWith("{")) {
    return {
      report: null,
      passed: false,
      summary: `The self-test's process ended without a result: ${end}.`,
    };
  }
  const report = JSON.parse(output) as SelfTestReport;
  return { report, passed: hasPassed(report), summary: summarize(report) };
}

function summarize({ adapter, ops, training, kernels }: SelfTestReport): string {
  const failed = ops.failures.slice(0, 5).map(({ op, check, problem }) => `  ${op}, ${check}: ${problem}`);
  const best = Math.max(...(kernels?.timings.map(({ gflops }) => gflops ?? 0) ?? [0]));
  return [
    `Self-test on ${adapter.name}:`,
    `  ops: ${ops.passed} checks passed, ${ops.failures.length} failed`,
    ...failed,
    `  training: losses of ${training.steps} steps within ${training.largestRelativeDifference.toExponential(1)} of the CPU's`,
    ...(kernels === null ? [] : [`  fastest matrix product: ${best.toFixed(1)} GFLOP/s (${kernels.clock})`]),
  ].join("\n");
}
