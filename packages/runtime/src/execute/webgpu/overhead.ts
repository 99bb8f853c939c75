import type { Graph } from "../../graph/graph.ts";
import { graphValue } from "../../graph/graph.ts";
import { byteSize } from "../../graph/spec.ts";
import type { KernelDevice } from "../../ops/kernel.ts";
import type { MemoryPlan } from "../../plan/memoryPlan.ts";
import { lowerGraph } from "./lowerGraph.ts";
import { layOutUniforms } from "./uniforms.ts";

/** What the executor takes from a device beside the tensors of the plan, for as long as a program exists. Bytes. */
export interface ExecutorOverhead {
  /** Working memory of kernels, which programs over one store share: the largest need of any dispatch. */
  readonly scratchBytes: number;
  /** Sizes and constants of the dispatches. */
  readonly uniformBytes: number;
  /** The buffer in which outputs come back to the host. */
  readonly readbackBytes: number;
}

/**
 * The overhead of programs over one store, without a device. It depends on the kernels that the device's properties
 * make the rules choose, so it is no part of the plan, which holds for any device.
 * @param graphs as they run on the device, with the plan of each
 * @param uniformAlignment the device's `minUniformBufferOffsetAlignment`
 */
export function planOverhead(
  graphs: readonly { readonly graph: Graph; readonly plan: MemoryPlan }[],
  device: KernelDevice,
  uniformAlignment: number,
): ExecutorOverhead {
  let [scratchBytes, uniformBytes, readbackBytes] = [0, 0, 0];
  for (const { graph, plan } of graphs) {
    const lowered = lowerGraph(graph, plan, device);
    scratchBytes = Math.max(scratchBytes, lowered.scratchBytes);
    uniformBytes += layOutUniforms(lowered.dispatches, uniformAlignment).bytes;
    for (const { value } of graph.outputs) readbackBytes += byteSize(graphValue(graph, value));
  }
  return { scratchBytes, uniformBytes, readbackBytes };
}
