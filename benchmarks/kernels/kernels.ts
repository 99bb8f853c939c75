/**
 * Times the WebGPU kernels at the shapes of a MiniLM training step. Prints JSON; a line a kernel on standard error.
 *
 *   tsx benchmarks/kernels/kernels.ts [--variants all] [--samples 7] [--only matmul] [--no-robustness]
 */
import { parseArgs } from "node:util";
import { openWebgpuDevice, runKernelBenchmark } from "@peftbench/runtime";

const { values } = parseArgs({
  options: {
    variants: { type: "string", default: "all" },
    samples: { type: "string", default: "7" },
    only: { type: "string", default: "" },
    "no-robustness": { type: "boolean", default: false },
  },
});
const opened = await openWebgpuDevice({ adapter: "any", robustness: !values["no-robustness"] });
const benchmark = await runKernelBenchmark(opened, {
  nowMs: () => performance.now(),
  variants: values.variants === "chosen" ? "chosen" : "all",
  samples: Number(values.samples),
  only: values.only,
  onTiming({ name, inputs, variant, isChosen, ms, gflops, gigabytesPerSecond, shareOfBest }) {
    const speed = gflops === null ? `${gigabytesPerSecond.toFixed(2)} GB/s` : `${gflops.toFixed(2)} GFLOP/s`;
    const share = `${Math.round(100 * shareOfBest)} %${isChosen ? ", chosen" : ""}`;
    console.error(`${name} ${inputs}: ${ms.toFixed(3)} ms, ${speed}, ${share} (${variant ?? "one kernel"})`);
  },
});
await opened.dispose();
console.log(JSON.stringify(benchmark, null, 2));
