import type { HostTensor, TensorSpec } from "../../../graph/spec.ts";
import { byteSize } from "../../../graph/spec.ts";
import type { KernelBinding, KernelDispatch } from "../../../ops/kernel.ts";
import { createBuffer, TENSOR_USAGE } from "../buffers.ts";
import { bufferUsage } from "../device/constants.ts";
import type { WebgpuDevice } from "../device/openDevice.ts";
import type { Location } from "../locations.ts";
import type { PipelineCache } from "../pipelines.ts";
import { composeShader, uniformBytes } from "../shader.ts";

/** The dispatches of one op outside any graph, every operand in a buffer of its own. */
export interface BoundKernels {
  readonly outputs: readonly GPUBuffer[];
  encode(pass: GPUComputePassEncoder): void;
  destroy(): void;
}

export async function bindKernels(
  { device }: WebgpuDevice,
  pipelines: PipelineCache,
  kernels: readonly KernelDispatch[],
  inputs: readonly HostTensor[],
  outputs: readonly TensorSpec[],
): Promise<BoundKernels> {
  const made: GPUBuffer[] = [];
  const make = async (bytes: number, usage = TENSOR_USAGE): Promise<GPUBuffer> => {
    const buffer = await createBuffer(device, "workspace:operand", bytes, usage);
    made.push(buffer);
    return buffer;
  };
  const buffers = new Map<string, GPUBuffer>();
  for (const [index, tensor] of inputs.entries()) {
    const buffer = await make(byteSize(tensor));
    device.queue.writeBuffer(buffer, 0, tensor.data as Float32Array<ArrayBuffer>);
    buffers.set(`input ${index}`, buffer);
  }
  for (const [index, spec] of outputs.entries()) buffers.set(`output ${index}`, await make(byteSize(spec)));
  const scratchBytes = kernels
    .flatMap(({ bindings }) => bindings)
    .map(({ operand }) => (operand.kind === "scratch" ? operand.bytes : 0));
  buffers.set("scratch", await make(Math.max(4, ...scratchBytes)));

  const bound: { pipeline: GPUComputePipeline; group: GPUBindGroup; kernel: KernelDispatch }[] = [];
  for (const [index, kernel] of kernels.entries()) {
    const shader = composeShader(kernel, locationOf);
    if (shader === null) throw new RangeError(`${kernel.name} binds one operand as two types.`);
    const uniforms = uniformBytes(kernel.uniforms);
    const { bindings, wgsl } = shader;
    const { name: label, workgroups } = kernel;
    const lowered = { node: index, label, wgsl, bindings, uniforms, workgroups };
    const { pipeline, layout } = await pipelines.get(lowered);
    const operands = bindings.map(({ location }) => buffers.get(nameOf(location)) as GPUBuffer);
    if (uniforms !== null) {
      const buffer = await make(uniforms.byteLength, bufferUsage.uniform | bufferUsage.copyDestination);
      device.queue.writeBuffer(buffer, 0, uniforms as Uint32Array<ArrayBuffer>);
      operands.push(buffer);
    }
    const entries = operands.map((buffer, binding) => ({ binding, resource: { buffer } }));
    bound.push({ pipeline, group: device.createBindGroup({ layout, entries }), kernel });
  }
  return {
    outputs: outputs.map((_, index) => buffers.get(`output ${index}`) as GPUBuffer),
    encode(pass) {
      for (const { pipeline, group, kernel } of bound) {
        pass.setPipeline(pipeline);
        pass.setBindGroup(0, group);
        pass.dispatchWorkgroups(...kernel.workgroups);
      }
    },
    destroy() {
      for (const buffer of made) buffer.destroy();
    },
  };
}

/** Operands as if they were parameters: each in a buffer of its own. */
function locationOf({ operand }: KernelBinding): Location {
  return operand.kind === "scratch"
    ? { kind: "scratch", bytes: operand.bytes }
    : { kind: "parameter", name: `${operand.kind} ${operand.index}`, bytes: 0 };
}

function nameOf(location: Location): string {
  return location.kind === "parameter" ? location.name : location.kind;
}
