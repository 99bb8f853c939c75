import { createWebgpuExecutor, openWebgpuDevice } from "@peftbench/runtime";
import { runModelAttentionChecks } from "./testing/attentionChecks.ts";

runModelAttentionChecks("a model with fused attention on the WebGPU executor", async () => {
  const device = await openWebgpuDevice({ adapter: "any" });
  return { ...createWebgpuExecutor({ device }), dispose: () => device.dispose() };
});
