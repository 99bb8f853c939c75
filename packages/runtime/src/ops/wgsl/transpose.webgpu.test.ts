import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { WebgpuDevice } from "../../execute/webgpu/device/openDevice.ts";
import { openWebgpuDevice } from "../../execute/webgpu/device/openDevice.ts";
import { kernelDeviceOf } from "../../execute/webgpu/executor.ts";
import { PipelineCache } from "../../execute/webgpu/pipelines.ts";
import { runKernels } from "../../execute/webgpu/testing/runKernels.ts";
import type { HostTensor } from "../../graph/spec.ts";
import type { OpCase } from "../../testing/cases/case.ts";
import { layoutCases } from "../../testing/cases/layout.ts";
import { referenceOps } from "../../testing/reference/index.ts";
import { tensor64 } from "../../testing/reference/tensor64.ts";
import { opNamed } from "../registry.ts";
import type { TransposeAttributes } from "../transpose.ts";
import { transposeKernel } from "./transpose.ts";

const CASES = layoutCases.filter(({ op, inputs: [x] }) => op === "transpose" && x?.dtype === "f32");

// The op suite runs them as the adapter at hand wants them.
describe.each([
  { isSoftware: true, vectorize: true },
  { isSoftware: true, vectorize: false },
  { isSoftware: false, vectorize: true },
])("the kernels of transpose, software: $isSoftware, vectors: $vectorize", ({ isSoftware, vectorize }) => {
  let opened: WebgpuDevice;
  let pipelines: PipelineCache;
  const used = new Set<string>();
  beforeAll(async () => {
    opened = await openWebgpuDevice({ adapter: "any" });
    pipelines = new PipelineCache(opened.device);
  });
  afterAll(() => opened.dispose());

  async function run(opCase: OpCase, maxWorkgroupsPerDimension: number): Promise<Float32Array> {
    const [inputs, attributes] = [opCase.inputs, opCase.attributes as TransposeAttributes];
    const outputs = opNamed("transpose").infer(inputs, attributes);
    const device = { ...kernelDeviceOf(opened), isSoftware, maxWorkgroupsPerDimension };
    const kernels = transposeKernel({ inputs, outputs, attributes, device, vectorize });
    for (const { name } of kernels) used.add(name);
    const [result] = await runKernels(opened, pipelines, kernels, inputs, outputs);
    return result as Float32Array;
  }

  it.each(CASES)("move every element of $name to its place", async (opCase) => {
    const operands = opCase.inputs.map(({ shape, data }: HostTensor) => tensor64(shape, data));
    const expected = Float32Array.from(referenceOps.transpose?.(operands, opCase.attributes)[0]?.data ?? []);
    expect(await run(opCase, 65_535)).toEqual(expected);
    expect(await run(opCase, 3)).toEqual(expected);
  });

  it("are all of the variants for such a device", () => {
    const expected = !vectorize
      ? ["transpose"]
      : isSoftware
        ? ["transpose", "transpose: blocks", "transpose: runs"]
        : ["transpose", "transpose: tiles"];
    expect([...used].toSorted()).toEqual(expected);
  });
});
