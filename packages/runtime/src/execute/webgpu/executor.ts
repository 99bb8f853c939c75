import { GraphError, RuntimeError } from "../../errors.ts";
import type { ParameterRole } from "../../graph/graph.ts";
import type { KernelDevice } from "../../ops/kernel.ts";
import { alignUp } from "../../plan/deviceProfile.ts";
import type { Executor, Program } from "../executor.ts";
import { ArenaProgram } from "./arenaProgram.ts";
import { BufferPerTensorProgram } from "./bufferPerTensorProgram.ts";
import type { CompileContext } from "./compiledGraph.ts";
import type { WebgpuDevice } from "./device/openDevice.ts";
import { PipelineCache } from "./pipelines.ts";
import { WebgpuParameterStore } from "./store.ts";

export interface WebgpuExecutorOptions {
  /** Stays the caller's: disposing of the executor leaves the device open. */
  readonly device: WebgpuDevice;
  /**
   * `arena` (the default): tensors at the plan's offsets of one buffer, which all programs of a store share.
   * `bufferPerTensor`: every tensor in a buffer of its own that exists only while the tensor lives, and parameters
   * without padding. Slow; it makes the device see the plan's live bytes, so that a ledger can be held against them.
   */
  readonly mode?: "arena" | "bufferPerTensor";
  /** Overwrites every freed range of the arena with NaN. Slow; results must not change. */
  readonly poisonFreed?: boolean;
  /** What a parameter is for, by name, for a ledger on the device; `baseWeight` where absent. */
  readonly roleOf?: (parameterName: string) => ParameterRole;
}

/** Executes graphs on a WebGPU device, all of a step on the device: nothing comes back but the graph's outputs. */
export function createWebgpuExecutor(options: WebgpuExecutorOptions): Executor {
  const {
    device: opened,
    mode = "arena",
    poisonFreed = false,
    roleOf = () => "baseWeight" as const,
  } = options;
  if (poisonFreed && mode !== "arena") {
    throw new RuntimeError("Only the arena can be poisoned: other modes destroy what is freed.");
  }
  const { offsetAlignment } = opened.profile;
  const context: CompileContext = {
    opened,
    kernelDevice: kernelDeviceOf(opened),
    pipelines: new PipelineCache(opened.device),
    padded: (bytes) => (mode === "arena" ? alignUp(bytes, offsetAlignment) : bytes),
  };
  // On a device that is lost, WebGPU lets every call seem to succeed.
  const guarded = async <Made>(make: () => Promise<Made>): Promise<Made> => {
    opened.health.check();
    return opened.health.guard(make());
  };
  return {
    kind: "webgpu",
    description: `WebGPU (${opened.adapter.backend}) on ${opened.adapter.name}`,
    createStore: (parameters) =>
      guarded(() => WebgpuParameterStore.create(opened, parameters, context.padded, roleOf)),
    compile: async (graph, store) => {
      if (!(store instanceof WebgpuParameterStore))
        throw new GraphError("The parameters live on another executor.");
      return guarded<Program>(() =>
        mode === "bufferPerTensor"
          ? BufferPerTensorProgram.compile(context, graph, store)
          : ArenaProgram.compile(context, graph, store, poisonFreed),
      );
    },
    dispose: async () => {},
  };
}

/** What kernels may know of a device. */
export function kernelDeviceOf({ device, adapter }: WebgpuDevice): KernelDevice {
  const { subgroupSizes } = adapter;
  return {
    // A size that may differ from one pipeline to another is of no use to a kernel that is written for one.
    subgroupSize:
      subgroupSizes !== null && subgroupSizes.min === subgroupSizes.max ? subgroupSizes.min : null,
    isSoftware: adapter.isSoftware,
    maxWorkgroupsPerDimension: device.limits.maxComputeWorkgroupsPerDimension,
    maxStorageBuffers: device.limits.maxStorageBuffersPerShaderStage,
  };
}
