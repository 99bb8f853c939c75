import { afterAll, beforeAll, expect, it } from "vitest";
import type { WebgpuDevice } from "../../execute/webgpu/device/openDevice.ts";
import { openWebgpuDevice } from "../../execute/webgpu/device/openDevice.ts";
import { kernelDeviceOf } from "../../execute/webgpu/executor.ts";
import { PipelineCache } from "../../execute/webgpu/pipelines.ts";
import { runKernels } from "../../execute/webgpu/testing/runKernels.ts";
import type { HostTensor, Shape } from "../../graph/spec.ts";
import { elementCount } from "../../graph/spec.ts";
import { createRandom } from "../../random/generator.ts";
import { opNamed } from "../registry.ts";

const random = createRandom(5, "grids");

function normal(...shape: Shape): HostTensor {
  const data = Float32Array.from({ length: elementCount(shape) }, () => random.normal());
  return { shape, dtype: "f32", data };
}

/** An op of each way to number workgroups, on inputs that need many. */
const OPS: readonly (readonly [string, readonly HostTensor[], object])[] = [
  ["add", [normal(410, 7), normal(7)], {}],
  ["transpose", [normal(67, 19)], { permutation: [1, 0] }],
  ["softmax", [normal(23, 9)], {}],
  ["sum", [normal(31, 5)], { axes: [1], keepAxes: false }],
  [
    "matmul",
    [normal(5, 40, 3), normal(5, 3, 40)],
    { transposeA: false, transposeB: false, scale: 1, recomputable: false },
  ],
];

let opened: WebgpuDevice;
beforeAll(async () => {
  opened = await openWebgpuDevice({ adapter: "any" });
});
afterAll(() => opened.dispose());

it.each(OPS)(
  "%s makes the same bits where workgroups are folded into two dimensions",
  async (op, inputs, attributes) => {
    const definition = opNamed(op);
    const outputs = definition.infer(inputs, attributes);
    const pipelines = new PipelineCache(opened.device);
    const results = [];
    for (const maxWorkgroupsPerDimension of [65_535, 7]) {
      const device = { ...kernelDeviceOf(opened), maxWorkgroupsPerDimension };
      const context = { inputs, outputs, attributes, device, vectorize: true };
      const kernels = definition.webgpu?.(context) ?? [];
      const isFolded = kernels.some(({ workgroups: [, y] }) => y > 1);
      expect(isFolded).toBe(maxWorkgroupsPerDimension === 7);
      results.push(await runKernels(opened, pipelines, kernels, inputs, outputs));
    }
    expect(results[1]).toEqual(results[0]);
  },
);
