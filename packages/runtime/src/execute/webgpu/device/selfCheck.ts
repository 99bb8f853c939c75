import { compileKernel } from "./compileShader.ts";
import { bufferUsage, mapMode } from "./constants.ts";
import { GpuValidationError } from "./errors.ts";
import type { WebgpuDevice } from "./openDevice.ts";

const wgsl = `
@group(0) @binding(0) var<storage, read_write> values: array<f32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  values[id.x] = 2.0 * f32(id.x) + 1.0;
}`;
const count = 256;

/**
 * Runs a kernel of one line from source to result: an adapter that opens may still fail to compile or to compute.
 * @throws whatever fails, GpuValidationError if the numbers are wrong
 */
export async function checkDevice({ device, health }: WebgpuDevice): Promise<void> {
  const pipeline = await compileKernel(device, { op: "self-check", wgsl });
  const bytes = count * Float32Array.BYTES_PER_ELEMENT;
  const values = device.createBuffer({
    label: "workspace:selfCheck",
    size: bytes,
    usage: bufferUsage.storage | bufferUsage.copySource,
  });
  const staging = device.createBuffer({
    label: "staging:selfCheck",
    size: bytes,
    usage: bufferUsage.mapRead | bufferUsage.copyDestination,
  });
  const bindGroup = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [{ binding: 0, resource: { buffer: values } }],
  });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, bindGroup);
  pass.dispatchWorkgroups(count / 64);
  pass.end();
  encoder.copyBufferToBuffer(values, 0, staging, 0, bytes);
  device.queue.submit([encoder.finish()]);
  await health.guard(staging.mapAsync(mapMode.read));
  const result = new Float32Array(staging.getMappedRange().slice(0));
  staging.destroy();
  values.destroy();
  const wrong = result.findIndex((value, index) => value !== 2 * index + 1);
  if (wrong >= 0)
    throw new GpuValidationError(
      "the self-check",
      `element ${wrong} came out as ${result[wrong]}, not ${2 * wrong + 1}.`,
    );
}
