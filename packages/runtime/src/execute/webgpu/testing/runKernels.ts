import type { HostTensor, TensorSpec } from "../../../graph/spec.ts";
import { byteSize } from "../../../graph/spec.ts";
import type { KernelDispatch } from "../../../ops/kernel.ts";
import { bindKernels } from "../benchmark/boundKernels.ts";
import type { WebgpuDevice } from "../device/openDevice.ts";
import type { PipelineCache } from "../pipelines.ts";
import { readBuffer } from "../readback.ts";

/** Runs the dispatches of one op outside any graph, every operand in a buffer of its own. Results are f32. */
export async function runKernels(
  opened: WebgpuDevice,
  pipelines: PipelineCache,
  kernels: readonly KernelDispatch[],
  inputs: readonly HostTensor[],
  outputs: readonly TensorSpec[],
): Promise<readonly Float32Array[]> {
  const bound = await bindKernels(opened, pipelines, kernels, inputs, outputs);
  const encoder = opened.device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  bound.encode(pass);
  pass.end();
  opened.device.queue.submit([encoder.finish()]);
  const results: Float32Array[] = [];
  for (const [index, spec] of outputs.entries()) {
    const bytes = await readBuffer(opened, bound.outputs[index] as GPUBuffer, byteSize(spec));
    results.push(new Float32Array(bytes));
  }
  bound.destroy();
  return results;
}
