import { allOrNone, createBuffer, TENSOR_USAGE } from "./buffers.ts";
import { bufferLabel } from "./ledger/roles.ts";
import type { Location } from "./locations.ts";

/** A ledger counts it apart: it is not in the plan, which knows nothing of kernels. */
const SCRATCH_LABEL = "scratch:for kernels";

/** What a program needs of the memory that programs share. Bytes. */
export interface ArenaNeeds {
  readonly arenaBytes: number;
  /** Size of all buffers of the arena but the last. */
  readonly chunkBytes: number;
  readonly scratchBytes: number;
}

/** A range of a buffer. */
export interface BufferRange {
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly size: number;
}

/**
 * The arena and the scratch memory that all programs of one parameter store share, each as large as the largest
 * program needs. Programs run one at a time, so what one leaves behind the next may overwrite.
 */
export class SharedArena {
  readonly #device: GPUDevice;
  readonly #users = new Map<object, ArenaNeeds>();
  #buffers: readonly GPUBuffer[] = [];
  #scratch: GPUBuffer | null = null;
  #arenaBytes = 0;
  #chunkBytes = 1;
  #generation = 0;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Changes whenever buffers are replaced: bind groups made before are of no use then. */
  get generation(): number {
    return this.#generation;
  }

  get arenaBytes(): number {
    return this.#arenaBytes;
  }

  /** The buffers of the arena, in order. */
  get buffers(): readonly GPUBuffer[] {
    return this.#buffers;
  }

  get scratch(): GPUBuffer | null {
    return this.#scratch;
  }

  /**
   * Makes room for a program, which keeps it until `release`. Grows by replacing: old content is lost.
   * @throws GpuOutOfMemoryError; the programs from before can still run
   */
  async reserve(user: object, needs: ArenaNeeds): Promise<void> {
    try {
      await this.#grow(needs);
      this.#users.set(user, needs);
    } catch (error) {
      for (const before of this.#users.values()) await this.#grow(before);
      throw error;
    }
  }

  /** Gives the memory back once no program is left. */
  release(user: object): void {
    this.#users.delete(user);
    if (this.#users.size > 0) return;
    this.#destroyArena();
    this.#destroyScratch();
  }

  range(location: Location & { readonly kind: "arena" | "scratch" }): BufferRange {
    if (location.kind === "scratch") {
      if (this.#scratch === null) throw new RangeError("No scratch memory was reserved.");
      return { buffer: this.#scratch, offset: 0, size: location.bytes };
    }
    const buffer = this.#buffers[Math.floor(location.offset / this.#chunkBytes)];
    if (buffer === undefined) throw new RangeError(`The arena has no byte ${location.offset}.`);
    return { buffer, offset: location.offset % this.#chunkBytes, size: location.bytes };
  }

  async #grow(needs: ArenaNeeds): Promise<void> {
    if (needs.arenaBytes > this.#arenaBytes) {
      // The old one goes first, so that both never take memory together.
      this.#destroyArena();
      this.#chunkBytes = needs.chunkBytes;
      const count = Math.ceil(needs.arenaBytes / needs.chunkBytes);
      this.#buffers = await allOrNone(
        Array.from({ length: count }, (_, index) => {
          const bytes = Math.min(needs.chunkBytes, needs.arenaBytes - index * needs.chunkBytes);
          return createBuffer(this.#device, bufferLabel("arena", String(index)), bytes, TENSOR_USAGE);
        }),
      );
      this.#arenaBytes = needs.arenaBytes;
    }
    if (needs.scratchBytes > (this.#scratch?.size ?? 0)) {
      this.#destroyScratch();
      this.#scratch = await createBuffer(this.#device, SCRATCH_LABEL, needs.scratchBytes, TENSOR_USAGE);
    }
  }

  #destroyArena(): void {
    for (const buffer of this.#buffers) buffer.destroy();
    this.#buffers = [];
    this.#arenaBytes = 0;
    this.#generation += 1;
  }

  #destroyScratch(): void {
    this.#scratch?.destroy();
    this.#scratch = null;
    this.#generation += 1;
  }
}
