import { openWebgpuDevice } from "./execute/webgpu/device/openDevice.ts";
import { createWebgpuExecutor } from "./execute/webgpu/executor.ts";
import { runOpSuite } from "./testing/opSuite.ts";

runOpSuite("ops on the WebGPU executor", async () => {
  const device = await openWebgpuDevice({ adapter: "any" });
  return { ...createWebgpuExecutor({ device }), dispose: () => device.dispose() };
});
