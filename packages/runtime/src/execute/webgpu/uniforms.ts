import { alignUp } from "../../plan/deviceProfile.ts";
import type { BufferRange } from "./arena.ts";
import { createBuffer } from "./buffers.ts";
import { bufferUsage } from "./device/constants.ts";
import { bufferLabel } from "./ledger/roles.ts";
import type { LoweredDispatch } from "./lowerGraph.ts";

interface UniformLayout {
  /** Of each distinct block, by its words. */
  readonly offsets: ReadonlyMap<string, number>;
  readonly blocks: readonly Uint32Array[];
  readonly bytes: number;
}

/** Where the uniform blocks of all dispatches are in one buffer: equal ones once, each at an aligned offset. */
export function layOutUniforms(dispatches: readonly LoweredDispatch[], alignment: number): UniformLayout {
  const offsets = new Map<string, number>();
  const blocks: Uint32Array[] = [];
  let bytes = 0;
  for (const { uniforms } of dispatches) {
    if (uniforms === null || offsets.has(uniforms.join())) continue;
    offsets.set(uniforms.join(), bytes);
    blocks.push(uniforms);
    bytes += alignUp(uniforms.byteLength, alignment);
  }
  return { offsets, blocks, bytes };
}

/** The uniform blocks of all dispatches of a program. They never change. */
export class UniformBlocks {
  readonly #buffer: GPUBuffer | null;
  readonly #offsets: ReadonlyMap<string, number>;

  static async create(device: GPUDevice, dispatches: readonly LoweredDispatch[]): Promise<UniformBlocks> {
    const alignment = device.limits.minUniformBufferOffsetAlignment;
    const { offsets, blocks, bytes } = layOutUniforms(dispatches, alignment);
    if (bytes === 0) return new UniformBlocks(null, offsets);
    const buffer = await createBuffer(
      device,
      bufferLabel("staging", "uniforms"),
      bytes,
      bufferUsage.uniform | bufferUsage.copyDestination,
    );
    const content = new Uint32Array(bytes / 4);
    for (const block of blocks) content.set(block, (offsets.get(block.join()) as number) / 4);
    device.queue.writeBuffer(buffer, 0, content);
    return new UniformBlocks(buffer, offsets);
  }

  constructor(buffer: GPUBuffer | null, offsets: ReadonlyMap<string, number>) {
    this.#buffer = buffer;
    this.#offsets = offsets;
  }

  range(uniforms: Uint32Array): BufferRange {
    const offset = this.#offsets.get(uniforms.join());
    if (this.#buffer === null || offset === undefined)
      throw new RangeError("The uniform block is not known.");
    return { buffer: this.#buffer, offset, size: uniforms.byteLength };
  }

  destroy(): void {
    this.#buffer?.destroy();
  }
}
