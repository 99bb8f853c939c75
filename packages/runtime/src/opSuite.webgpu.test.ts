import { describe } from "vitest";
import type { WebgpuDevice } from "./execute/webgpu/device/openDevice.ts";
import { createWebgpuExecutor } from "./execute/webgpu/executor.ts";
import { NEEDS_ADAPTER, openTestDevice } from "./execute/webgpu/testing/testDevice.ts";
import { runOpSuite } from "./testing/opSuite.ts";

const device = await openTestDevice();

describe.skipIf(device === null)(NEEDS_ADAPTER, () => {
  runOpSuite(
    "ops on the WebGPU executor",
    () => {
      const opened = device as WebgpuDevice;
      return { ...createWebgpuExecutor({ device: opened }), dispose: () => opened.dispose() };
    },
    {
      default: { relative: 1e-5, absolute: 1e-6 },
      byOp: {
        // Sums of up to 300 products of size 1 that may cancel: f32 rounding of the terms, not of the sum.
        matmul: { relative: 1e-5, absolute: 1e-5 },
      },
    },
  );
});
