import { openWebgpuDevice } from "./execute/webgpu/device/openDevice.ts";
import { createWebgpuExecutor } from "./execute/webgpu/executor.ts";
import { runOpSuite } from "./testing/opSuite.ts";

runOpSuite(
  "ops on the WebGPU executor",
  async () => {
    const device = await openWebgpuDevice({ adapter: "any" });
    return { ...createWebgpuExecutor({ device }), dispose: () => device.dispose() };
  },
  {
    default: { relative: 1e-5, absolute: 1e-6 },
    byOp: {
      // Sums of up to 300 products of size 1 that may cancel: f32 rounding of the terms, not of the sum.
      matmul: { relative: 1e-5, absolute: 1e-5 },
    },
  },
);
