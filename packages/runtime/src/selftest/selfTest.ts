import type { KernelBenchmark } from "../execute/webgpu/benchmark/kernelBenchmark.ts";
import { runKernelBenchmark } from "../execute/webgpu/benchmark/kernelBenchmark.ts";
import type { AdapterDescription } from "../execute/webgpu/device/adapterDescription.ts";
import type { WebgpuDevice } from "../execute/webgpu/device/openDevice.ts";
import { createWebgpuExecutor } from "../execute/webgpu/executor.ts";
import type { OpCasesReport } from "../testing/runCases.ts";
import { runOpCases } from "../testing/runCases.ts";
import type { TrainingComparison } from "./trainingSteps.ts";
import { compareTraining } from "./trainingSteps.ts";

/** What an adapter does, for somebody who has not got it. */
export interface SelfTestReport {
  readonly adapter: AdapterDescription;
  /** Every op against float64. */
  readonly ops: OpCasesReport;
  readonly training: TrainingComparison;
  /** Durations of kernels, on a GPU of every variant; null where they were left out. */
  readonly kernels: KernelBenchmark | null;
}

export interface SelfTestOptions {
  readonly nowMs: () => number;
  /** Only these ops, for a quick look; all where absent. */
  readonly ops?: readonly string[];
  readonly benchmark: boolean;
  readonly say: (line: string) => void;
}

/** How far losses may be from the CPU executor's: both round in f32, in another order. */
export const TRAINING_TOLERANCE = 1e-4;

/** Runs the op suite, some training steps and the kernel benchmark on an open device. Takes minutes in software. */
export async function runSelfTest(opened: WebgpuDevice, options: SelfTestOptions): Promise<SelfTestReport> {
  const { nowMs, say, benchmark } = options;
  const executor = createWebgpuExecutor({ device: opened });
  const ops = await runOpCases(executor, {
    ...(options.ops === undefined ? {} : { ops: options.ops }),
    onProgress: (done, total) => {
      if (done % 200 === 0 || done === total) say(`op suite: ${done} of ${total} checks`);
    },
  });
  const training = await compareTraining(executor);
  say(`training: ${training.steps} steps, losses within ${training.largestRelativeDifference} of the CPU's`);
  const kernels = benchmark
    ? await runKernelBenchmark(opened, {
        nowMs,
        // Every variant is a pipeline of its own, which software takes seconds to compile.
        variants: opened.adapter.isSoftware ? "chosen" : "all",
        samples: 5,
        onTiming: ({ name }) => say(`kernel: ${name}`),
      })
    : null;
  await executor.dispose();
  return { adapter: opened.adapter, ops, training, kernels };
}

/** Whether all that has a right answer had it. */
export function hasPassed({ ops, training }: SelfTestReport): boolean {
  return ops.failures.length === 0 && training.largestRelativeDifference <= TRAINING_TOLERANCE;
}
