import type { Graph } from "../../graph/graph.ts";
import type { MemoryPlan } from "../../plan/memoryPlan.ts";
import type { BufferRange } from "./arena.ts";
import { createBuffer } from "./buffers.ts";
import { bufferUsage } from "./device/constants.ts";
import { bufferLabel } from "./ledger/roles.ts";
import type { Location } from "./locations.ts";
import { locate, locationKey } from "./locations.ts";

interface StateCopy {
  readonly from: Location;
  readonly to: Location;
  /** Where the bytes wait while other copies may overwrite `from`; null where none does. */
  readonly waiting: GPUBuffer | null;
}

/** The copies after a run that give parameters their next values, where these were not written in place. */
export class StateCopies {
  readonly #copies: readonly StateCopy[];

  static async create(device: GPUDevice, graph: Graph, plan: MemoryPlan): Promise<StateCopies> {
    const pairs = graph.states
      .map(({ input, output }) => ({ from: locate(graph, plan, output), to: locate(graph, plan, input) }))
      .filter(({ from, to }) => locationKey(from) !== locationKey(to));
    const overwritten = new Set(pairs.map(({ to }) => locationKey(to)));
    const copies: StateCopy[] = [];
    for (const { from, to } of pairs) {
      // A parameter whose next value is another parameter's old one, as in a swap.
      const usage = bufferUsage.copySource | bufferUsage.copyDestination;
      const waiting = overwritten.has(locationKey(from))
        ? await createBuffer(device, bufferLabel("workspace", "waiting state"), from.bytes, usage)
        : null;
      copies.push({ from, to, waiting });
    }
    return new StateCopies(copies);
  }

  constructor(copies: readonly StateCopy[]) {
    this.#copies = copies;
  }

  encode(encoder: GPUCommandEncoder, resolve: (location: Location) => BufferRange): void {
    for (const { from, waiting } of this.#copies) {
      const source = resolve(from);
      if (waiting !== null) encoder.copyBufferToBuffer(source.buffer, source.offset, waiting, 0, from.bytes);
    }
    for (const { from, to, waiting } of this.#copies) {
      const target = resolve(to);
      const source = waiting === null ? resolve(from) : { buffer: waiting, offset: 0 };
      encoder.copyBufferToBuffer(source.buffer, source.offset, target.buffer, target.offset, from.bytes);
    }
  }

  destroy(): void {
    for (const { waiting } of this.#copies) waiting?.destroy();
  }
}
