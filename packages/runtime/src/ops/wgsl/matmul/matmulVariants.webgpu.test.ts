import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { WebgpuDevice } from "../../../execute/webgpu/device/openDevice.ts";
import { openWebgpuDevice } from "../../../execute/webgpu/device/openDevice.ts";
import { kernelDeviceOf } from "../../../execute/webgpu/executor.ts";
import { PipelineCache } from "../../../execute/webgpu/pipelines.ts";
import { runKernels } from "../../../execute/webgpu/testing/runKernels.ts";
import type { HostTensor } from "../../../graph/spec.ts";
import { elementCount } from "../../../graph/spec.ts";
import { createRandom } from "../../../random/generator.ts";
import { describeMismatch } from "../../../testing/compare.ts";
import { referenceOps } from "../../../testing/reference/index.ts";
import { tensor64 } from "../../../testing/reference/tensor64.ts";
import type { KernelContext } from "../../kernel.ts";
import type { MatmulAttributes } from "../../matmul.ts";
import { matmul } from "../../matmul.ts";
import type { MatmulVariant } from "./chooseMatmul.ts";
import { matmulVariantKernels } from "./kernels.ts";
import { suitsSubgroup, suitsTile } from "./subgroupBroadcast.ts";

/** Parts are tried once a kind: a short inner axis leaves them whole anyhow. Each pipeline costs a second on lavapipe. */
const VARIANTS: readonly MatmulVariant[] = [
  { kind: "registerTile", threadRows: 64, threadColumns: 1, splits: 1 },
  { kind: "registerTile", threadRows: 2, threadColumns: 32, splits: 1 },
  { kind: "registerTile", threadRows: 8, threadColumns: 8, splits: 32 },
  { kind: "subgroupBroadcast", rows: 32, laneColumns: 4, splits: 3 },
  { kind: "subgroupBroadcast", rows: 32, laneColumns: 2, splits: 1 },
  { kind: "subgroupBroadcast", rows: 32, laneColumns: 1, splits: 1 },
  { kind: "subgroupBroadcast", rows: 16, laneColumns: 4, splits: 2 },
  { kind: "subgroupBroadcast", rows: 8, laneColumns: 4, splits: 1 },
];

/** batch, rows, inner, columns: tiles exactly filled, just missed and just exceeded; rank-r sides; odd everything. */
const SIZES: readonly (readonly [number, number, number, number])[] = [
  [1, 1, 1, 1],
  [1, 32, 16, 64],
  [2, 33, 20, 65],
  [1, 31, 300, 8],
  [3, 8, 260, 36],
  [1, 66, 9, 68],
  [1, 64, 34, 30],
];

const TRANSPOSES = [
  [false, false],
  [false, true],
  [true, false],
  [true, true],
] as const;

let opened: WebgpuDevice;
let pipelines: PipelineCache;
beforeAll(async () => {
  opened = await openWebgpuDevice({ adapter: "any" });
  pipelines = new PipelineCache(opened.device);
});
afterAll(() => opened.dispose());

describe.each(VARIANTS)("matmul by $kind, $threadRows x $threadColumns threads, $splits parts", (variant) => {
  describe.each(TRANSPOSES)("a transposed: %s, b transposed: %s", (transposeA, transposeB) => {
    it.each(SIZES)("multiplies %i x [%i, %i] by [%i]", async (batch, rows, inner, columns) => {
      const device = kernelDeviceOf(opened);
      if (variant.kind === "subgroupBroadcast") {
        if (!suitsSubgroup(device.subgroupSize) || !suitsTile(variant, device.subgroupSize)) return;
      }
      const attributes: MatmulAttributes = { transposeA, transposeB, scale: -0.5, recomputable: false };
      const a = normal([batch, ...(transposeA ? [inner, rows] : [rows, inner])], "a");
      const b = normal([batch, ...(transposeB ? [columns, inner] : [inner, columns])], "b");
      const outputs = matmul.infer([a, b], attributes);
      const operands = [a, b].map(({ shape, data }) => tensor64(shape, data));
      const expected = referenceOps.matmul?.(operands, attributes)?.[0]?.data ?? [];
      for (const vectorize of inner % 4 === 0 ? [true, false] : [true]) {
        const context: KernelContext<MatmulAttributes> = {
          inputs: [a, b],
          outputs,
          attributes,
          device,
          vectorize,
        };
        const [actual] = await runKernels(
          opened,
          pipelines,
          matmulVariantKernels(variant, context),
          [a, b],
          outputs,
        );
        const tolerance = { relative: 1e-5, absolute: 1e-5 };
        expect(describeMismatch(actual ?? [], expected, tolerance), `vectorize: ${vectorize}`).toBeNull();
      }
    });
  });
});

function normal(shape: readonly number[], stream: string): HostTensor {
  const random = createRandom(3, stream);
  const data = Float32Array.from({ length: elementCount(shape) }, () => random.normal());
  return { shape, dtype: "f32", data };
}
