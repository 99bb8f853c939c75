import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { WebgpuDevice } from "../../execute/webgpu/device/openDevice.ts";
import { openWebgpuDevice } from "../../execute/webgpu/device/openDevice.ts";
import { createWebgpuExecutor, kernelDeviceOf } from "../../execute/webgpu/executor.ts";
import { PipelineCache } from "../../execute/webgpu/pipelines.ts";
import { runKernels } from "../../execute/webgpu/testing/runKernels.ts";
import { attentionCases } from "../../testing/cases/attention.ts";
import { describeMismatch } from "../../testing/compare.ts";
import { runFusedAttentionChecks } from "../../testing/fusedAttention.ts";
import { referenceOps } from "../../testing/reference/index.ts";
import { tensor64 } from "../../testing/reference/tensor64.ts";
import { opNamed } from "../registry.ts";

runFusedAttentionChecks(
  "fused attention on the WebGPU executor",
  async () => {
    const device = await openWebgpuDevice({ adapter: "any" });
    return { ...createWebgpuExecutor({ device }), dispose: () => device.dispose() };
  },
  8,
);

// As the op suite does not run them on a software adapter.
describe.each([
  { isSoftware: true, vectorize: false },
  { isSoftware: false, vectorize: true },
])("the kernels of attention, software: $isSoftware, vectors: $vectorize", ({ isSoftware, vectorize }) => {
  let opened: WebgpuDevice;
  let pipelines: PipelineCache;
  beforeAll(async () => {
    opened = await openWebgpuDevice({ adapter: "any" });
    pipelines = new PipelineCache(opened.device);
  });
  afterAll(() => opened.dispose());

  it.each(attentionCases.map((opCase) => ({ title: `${opCase.op} ${opCase.name}`, opCase })))(
    "$title",
    async ({ opCase: { op, inputs, attributes, tolerance } }) => {
      const definition = opNamed(op);
      const outputs = definition.infer(inputs, attributes);
      const device = { ...kernelDeviceOf(opened), isSoftware };
      const kernels = definition.webgpu?.({ inputs, outputs, attributes, device, vectorize }) ?? [];
      for (const { bindings } of kernels) expect(bindings.length).toBeLessThanOrEqual(8);
      const actual = await runKernels(opened, pipelines, kernels, inputs, outputs);
      const operands = inputs.map(({ shape, data }) => tensor64(shape, Array.from(data, Number)));
      for (const [index, { data }] of (referenceOps[op]?.(operands, attributes) ?? []).entries()) {
        const allowed = tolerance ?? { relative: 1e-5, absolute: 1e-5 };
        expect(describeMismatch(actual[index] ?? [], data, allowed)).toBeNull();
      }
    },
  );
});
