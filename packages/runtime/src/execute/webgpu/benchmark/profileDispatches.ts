import { GraphError } from "../../../errors.ts";
import type { Graph } from "../../../graph/graph.ts";
import { leavesOf } from "../../../graph/graph.ts";
import { alignUp } from "../../../plan/deviceProfile.ts";
import type { ParameterStore, ProgramInputs } from "../../executor.ts";
import { checkInputs } from "../../inputs.ts";
import type { BufferRange } from "../arena.ts";
import { compileGraph, createBindGroup, destroyCompiled, persistentRange } from "../compiledGraph.ts";
import type { WebgpuDevice } from "../device/openDevice.ts";
import { kernelDeviceOf } from "../executor.ts";
import type { Location } from "../locations.ts";
import { locate } from "../locations.ts";
import { PipelineCache } from "../pipelines.ts";
import { WebgpuParameterStore } from "../store.ts";
import type { PassTimer } from "./passTimer.ts";
import { createPassTimer } from "./passTimer.ts";

export interface DispatchTiming {
  /** The graph's op. */
  readonly op: string;
  /** Kernel and module. */
  readonly label: string;
  /** Median over the runs. */
  readonly ms: number;
}

export interface DispatchProfile {
  readonly clock: PassTimer["clock"];
  /** In order of execution. */
  readonly dispatches: readonly DispatchTiming[];
}

export interface ProfileOptions {
  /** After one that is not counted. */
  readonly runs: number;
  readonly nowMs: () => number;
}

/**
 * Runs a graph's dispatches as the executor does, but each in a compute pass of its own that is timed. Parameters are
 * updated in place where ops do so; what else a run would do (outputs, copies of states) is left out.
 */
export async function profileDispatches(
  opened: WebgpuDevice,
  graph: Graph,
  store: ParameterStore,
  inputs: ProgramInputs,
  options: ProfileOptions,
): Promise<DispatchProfile> {
  if (!(store instanceof WebgpuParameterStore)) {
    throw new GraphError("The parameters live on another executor.");
  }
  checkInputs(graph, inputs);
  const { offsetAlignment } = opened.profile;
  const context = {
    opened,
    kernelDevice: kernelDeviceOf(opened),
    pipelines: new PipelineCache(opened.device),
    padded: (bytes: number) => alignUp(bytes, offsetAlignment),
  };
  const compiled = await compileGraph(context, graph, store);
  const { graph: prepared, plan, dispatches, scratchBytes } = compiled;
  const user = {};
  const timer = await createPassTimer(opened, options.nowMs);
  try {
    const { arenaBytes, arenaChunkBytes: chunkBytes } = plan;
    await store.arena.reserve(user, { arenaBytes, chunkBytes, scratchBytes });
    const resolve = (location: Location): BufferRange =>
      location.kind === "arena" || location.kind === "scratch"
        ? store.arena.range(location)
        : persistentRange(compiled, store, location);
    const groups = dispatches.map((dispatch) => createBindGroup(opened.device, compiled, dispatch, resolve));
    const passes = dispatches.map(
      ({ pipeline, workgroups }, index) =>
        (pass: GPUComputePassEncoder): void => {
          pass.setPipeline(pipeline);
          pass.setBindGroup(0, groups[index] as GPUBindGroup);
          pass.dispatchWorkgroups(...workgroups);
        },
    );
    const times = dispatches.map((): number[] => []);
    for (let run = 0; run <= options.runs; run++) {
      for (const { id, name } of leavesOf(prepared, "input")) {
        const { buffer, offset } = resolve(locate(prepared, plan, id));
        const data = compiled.inputs.data(name, inputs);
        opened.device.queue.writeBuffer(buffer, offset, data.buffer, data.byteOffset, data.byteLength);
      }
      const durations = await timer.measureMs(passes);
      if (run > 0) for (const [index, ms] of durations.entries()) times[index]?.push(ms);
    }
    return {
      clock: timer.clock,
      dispatches: dispatches.map(({ node, label }, index) => ({
        op: prepared.nodes[node]?.op ?? "executor",
        label,
        ms: median(times[index] ?? []),
      })),
    };
  } finally {
    timer.destroy();
    store.arena.release(user);
    destroyCompiled(compiled);
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
