import type { Graph, ValueId } from "../../graph/graph.ts";
import { leavesOf } from "../../graph/graph.ts";
import { byteSize } from "../../graph/spec.ts";
import { createBuffer, TENSOR_USAGE } from "./buffers.ts";
import { bufferLabel } from "./ledger/roles.ts";

/** Uploads the constants of a graph, each into a buffer of its own. */
export async function uploadConstants(
  device: GPUDevice,
  graph: Graph,
  padded: (bytes: number) => number,
): Promise<ReadonlyMap<ValueId, GPUBuffer>> {
  const buffers = new Map<ValueId, GPUBuffer>();
  for (const value of leavesOf(graph, "constant")) {
    if (value.source.kind !== "constant") continue;
    const { data } = value.source;
    const label = bufferLabel("workspace", `constant ${value.id}`);
    const buffer = await createBuffer(device, label, padded(byteSize(value)), TENSOR_USAGE);
    device.queue.writeBuffer(buffer, 0, data.buffer, data.byteOffset, data.byteLength);
    buffers.set(value.id, buffer);
  }
  return buffers;
}
