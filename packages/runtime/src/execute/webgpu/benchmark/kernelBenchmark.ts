import type { HostTensor, Shape, TensorSpec } from "../../../graph/spec.ts";
import { byteSize, elementCount, formatShape } from "../../../graph/spec.ts";
import type { KernelContext, KernelDevice, KernelDispatch } from "../../../ops/kernel.ts";
import type { MatmulAttributes } from "../../../ops/matmul.ts";
import { matmul } from "../../../ops/matmul.ts";
import { opNamed } from "../../../ops/registry.ts";
import { candidateVariants, describeVariant } from "../../../ops/wgsl/matmul/candidates.ts";
import { chooseMatmul } from "../../../ops/wgsl/matmul/chooseMatmul.ts";
import { matmulVariantKernels } from "../../../ops/wgsl/matmul/kernels.ts";
import { problemOf } from "../../../ops/wgsl/matmul/problem.ts";
import { createRandom } from "../../../random/generator.ts";
import type { AdapterDescription } from "../device/adapterDescription.ts";
import type { WebgpuDevice } from "../device/openDevice.ts";
import { kernelDeviceOf } from "../executor.ts";
import { PipelineCache } from "../pipelines.ts";
import type { BoundKernels } from "./boundKernels.ts";
import { bindKernels } from "./boundKernels.ts";
import type { KernelCase } from "./kernelCases.ts";
import { kernelCases } from "./kernelCases.ts";
import type { PassTimer } from "./passTimer.ts";
import { createPassTimer } from "./passTimer.ts";

export interface KernelBenchmarkOptions {
  /** A steady clock, in milliseconds; read where the device has none. */
  readonly nowMs: () => number;
  /** `chosen` times what the rule chooses, `all` every matmul variant beside it (many more pipelines to compile). */
  readonly variants: "chosen" | "all";
  /** Times that each kernel is timed; the median counts. */
  readonly samples: number;
  /** Only cases whose name contains this. */
  readonly only?: string;
  readonly onTiming?: (timing: KernelTiming) => void;
}

export interface KernelTiming {
  readonly name: string;
  readonly op: string;
  /** Shapes of the inputs. */
  readonly inputs: string;
  /** The matmul variant; null for ops that have one kernel. */
  readonly variant: string | null;
  /** Whether the executor would use it. */
  readonly isChosen: boolean;
  /** Median duration of one run of the op. */
  readonly ms: number;
  /** Multiplications and additions; null for ops that are bound by memory. */
  readonly gflops: number | null;
  /** All operands read and written once. */
  readonly gigabytesPerSecond: number;
  /** Speed relative to the fastest variant that was timed on this case. */
  readonly shareOfBest: number;
}

export interface KernelBenchmark {
  readonly adapter: AdapterDescription;
  readonly clock: PassTimer["clock"];
  readonly timings: readonly KernelTiming[];
}

/** Long beside the resolution of a timestamp and what a submission costs. */
const SAMPLE_MS = 20;
const MOST_REPEATS = 200;

/** Times the executor's kernels at the shapes of a MiniLM training step (32 rows of 32 tokens, LoRA of rank 8). */
export async function runKernelBenchmark(
  opened: WebgpuDevice,
  options: KernelBenchmarkOptions,
): Promise<KernelBenchmark> {
  const pipelines = new PipelineCache(opened.device);
  const timer = await createPassTimer(opened, options.nowMs);
  const device = kernelDeviceOf(opened);
  const timings: KernelTiming[] = [];
  try {
    for (const kernelCase of kernelCases) {
      if (!kernelCase.name.includes(options.only ?? "")) continue;
      const { inputs, outputs, context } = contextOf(kernelCase, device);
      const bytes = [...inputs, ...outputs].reduce((sum, spec) => sum + byteSize(spec), 0);
      const variants = variantsOf(kernelCase, context, options.variants);
      const bound: BoundKernels[] = [];
      try {
        for (const { kernels } of variants) {
          bound.push(await bindKernels(opened, pipelines, kernels, inputs, outputs));
        }
        const times = await mediansMs(timer, bound, options.samples);
        const best = Math.min(...times);
        for (const [index, { variant, isChosen }] of variants.entries()) {
          const ms = times[index] ?? Number.NaN;
          const timing: KernelTiming = {
            name: kernelCase.name,
            op: kernelCase.op,
            inputs: inputs.map(({ shape }) => formatShape(shape)).join(" "),
            variant,
            isChosen,
            ms,
            gflops: kernelCase.op === matmul.name ? operations(context) / ms / 1e6 : null,
            gigabytesPerSecond: bytes / ms / 1e6,
            shareOfBest: best / ms,
          };
          timings.push(timing);
          options.onTiming?.(timing);
        }
      } finally {
        for (const kernels of bound) kernels.destroy();
      }
    }
  } finally {
    timer.destroy();
  }
  return { adapter: opened.adapter, clock: timer.clock, timings };
}

interface CaseContext {
  readonly inputs: readonly HostTensor[];
  readonly outputs: readonly TensorSpec[];
  readonly context: KernelContext<object>;
}

function contextOf(kernelCase: KernelCase, device: KernelDevice): CaseContext {
  const inputs = kernelCase.inputs.map((input, index): HostTensor => {
    const random = createRandom(0, `${kernelCase.name} ${index}`);
    return input.dtype === "i32"
      ? {
          ...input,
          data: Int32Array.from({ length: elementCount(input.shape) }, () => random.integer(input.below)),
        }
      : { ...input, data: randomFloats(input.shape, random.uniform) };
  });
  const outputs = opNamed(kernelCase.op).infer(inputs, kernelCase.attributes);
  const { attributes } = kernelCase;
  return { inputs, outputs, context: { inputs, outputs, attributes, device, vectorize: true } };
}

/** Between 0.5 and 1.5: good for a variance, a probability and a weight alike. */
function randomFloats(shape: Shape, uniform: () => number): Float32Array {
  return Float32Array.from({ length: elementCount(shape) }, () => 0.5 + uniform());
}

interface VariantKernels {
  readonly variant: string | null;
  readonly isChosen: boolean;
  readonly kernels: readonly KernelDispatch[];
}

function variantsOf(
  { op }: KernelCase,
  context: KernelContext<object>,
  which: KernelBenchmarkOptions["variants"],
): readonly VariantKernels[] {
  if (op !== matmul.name) {
    return [{ variant: null, isChosen: true, kernels: opNamed(op).webgpu?.(context) ?? [] }];
  }
  const matmulContext = context as KernelContext<MatmulAttributes>;
  const problem = problemOf(matmulContext);
  const chosen = describeVariant(chooseMatmul(problem, context.device));
  return candidateVariants(problem, context.device)
    .map((variant) => {
      const name = describeVariant(variant);
      return {
        variant: name,
        isChosen: name === chosen,
        kernels: matmulVariantKernels(variant, matmulContext),
      };
    })
    .filter(({ isChosen }) => which === "all" || isChosen);
}

function operations(context: KernelContext<object>): number {
  const { batch, rows, inner, columns } = problemOf(context as KernelContext<MatmulAttributes>);
  return 2 * batch * rows * inner * columns;
}

/** The median duration of each; in turn, so that what else the machine does meets all alike. */
async function mediansMs(
  timer: PassTimer,
  all: readonly BoundKernels[],
  samples: number,
): Promise<readonly number[]> {
  const repeats: number[] = [];
  for (const kernels of all) {
    // The first run makes the driver compile, the second says how often a sample repeats it.
    await timer.measureMs([(pass) => kernels.encode(pass)]);
    const [once = 0] = await timer.measureMs([(pass) => kernels.encode(pass)]);
    repeats.push(Math.max(1, Math.min(MOST_REPEATS, Math.ceil(SAMPLE_MS / Math.max(once, 1e-3)))));
  }
  const times = all.map((): number[] => []);
  for (let sample = 0; sample < samples; sample++) {
    for (const [index, kernels] of all.entries()) {
      const count = repeats[index] ?? 1;
      const [ms = Number.NaN] = await timer.measureMs([
        (pass) => {
          for (let repeat = 0; repeat < count; repeat++) kernels.encode(pass);
        },
      ]);
      times[index]?.push(ms / count);
    }
  }
  return times.map((list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)] ?? Number.NaN);
}
