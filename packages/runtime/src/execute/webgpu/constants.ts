import type { Graph, ValueId } from "../../graph/graph.ts";
import { leavesOf } from "../../graph/graph.ts";
import { byteSize } from "../../graph/spec.ts";
import { createBuffer, TENSOR_USAGE } from "./buffers.ts";
import { bufferLabel } from "./ledger/roles.ts";

/** The constants of a graph on the device, each in a buffer of its own. */
export class Constants {
  readonly #buffers: ReadonlyMap<ValueId, GPUBuffer>;

  static async upload(
    device: GPUDevice,
    graph: Graph,
    padded: (bytes: number) => number,
  ): Promise<Constants> {
    const buffers = new Map<ValueId, GPUBuffer>();
    try {
      for (const value of leavesOf(graph, "constant")) {
        if (value.source.kind !== "constant") continue;
        const { data } = value.source;
        const label = bufferLabel("workspace", `constant ${value.id}`);
        const buffer = await createBuffer(device, label, padded(byteSize(value)), TENSOR_USAGE);
        buffers.set(value.id, buffer);
        device.queue.writeBuffer(buffer, 0, data.buffer, data.byteOffset, data.byteLength);
      }
    } catch (error) {
      for (const buffer of buffers.values()) buffer.destroy();
      throw error;
    }
    return new Constants(buffers);
  }

  constructor(buffers: ReadonlyMap<ValueId, GPUBuffer>) {
    this.#buffers = buffers;
  }

  buffer(id: ValueId): GPUBuffer {
    const buffer = this.#buffers.get(id);
    if (buffer === undefined) throw new RangeError(`The graph has no constant ${id}.`);
    return buffer;
  }

  destroy(): void {
    for (const buffer of this.#buffers.values()) buffer.destroy();
  }
}
