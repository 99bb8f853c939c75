import { InputError } from "../../errors.ts";
import type { ParameterRole } from "../../graph/graph.ts";
import { decodeHalf, encodeHalf } from "../../graph/half.ts";
import type { HostTensor, TensorSpec } from "../../graph/spec.ts";
import { byteSize, elementCount } from "../../graph/spec.ts";
import type { ParameterStore } from "../executor.ts";
import { SharedArena } from "./arena.ts";
import { createBuffer, TENSOR_USAGE } from "./buffers.ts";
import type { WebgpuDevice } from "./device/openDevice.ts";
import { bufferLabel } from "./ledger/roles.ts";
import { readBuffer } from "./readback.ts";

interface StoredParameter extends TensorSpec {
  readonly buffer: GPUBuffer;
}

/** Parameters in buffers of their own on one device, and the arena of the programs that are compiled against them. */
export class WebgpuParameterStore implements ParameterStore {
  readonly arena: SharedArena;
  readonly #opened: WebgpuDevice;
  readonly #parameters: Map<string, StoredParameter>;

  /**
   * @param padded the size of the buffer for a tensor of so many bytes
   * @param roleOf what a parameter is for, as a ledger counts it
   */
  static async create(
    opened: WebgpuDevice,
    parameters: ReadonlyMap<string, HostTensor>,
    padded: (bytes: number) => number,
    roleOf: (name: string) => ParameterRole,
  ): Promise<WebgpuParameterStore> {
    const { device } = opened;
    const made = new Map<string, StoredParameter>();
    try {
      for (const [name, { shape, dtype, data }] of parameters) {
        const buffer = await createBuffer(
          device,
          bufferLabel(roleOf(name), name),
          padded(byteSize({ shape, dtype })),
          TENSOR_USAGE,
        );
        made.set(name, { shape, dtype, buffer });
        device.queue.writeBuffer(buffer, 0, data.buffer, data.byteOffset, data.byteLength);
      }
    } catch (error) {
      for (const { buffer } of made.values()) buffer.destroy();
      throw error;
    }
    return new WebgpuParameterStore(opened, made);
  }

  constructor(opened: WebgpuDevice, parameters: Map<string, StoredParameter>) {
    this.#opened = opened;
    this.#parameters = parameters;
    this.arena = new SharedArena(opened.device);
  }

  get names(): readonly string[] {
    return [...this.#parameters.keys()];
  }

  has(name: string): boolean {
    return this.#parameters.has(name);
  }

  spec(name: string): TensorSpec {
    return this.#find(name);
  }

  buffer(name: string): GPUBuffer {
    return this.#find(name).buffer;
  }

  async read(name: string): Promise<Float32Array> {
    const { buffer, shape, dtype } = this.#find(name);
    const bytes = await readBuffer(this.#opened, buffer, byteSize({ shape, dtype }));
    return dtype === "f16" ? decodeHalf(new Uint16Array(bytes)) : new Float32Array(bytes);
  }

  async write(name: string, values: Float32Array): Promise<void> {
    const { buffer, shape, dtype } = this.#find(name);
    if (values.length !== elementCount(shape)) {
      throw new InputError(`${name} has ${elementCount(shape)} elements, ${values.length} were written.`);
    }
    this.#opened.health.check();
    const data = dtype === "f16" ? encodeHalf(name, values) : values;
    this.#opened.device.queue.writeBuffer(buffer, 0, data.buffer, data.byteOffset, data.byteLength);
  }

  release(names: readonly string[]): void {
    for (const name of names) {
      this.#parameters.get(name)?.buffer.destroy();
      this.#parameters.delete(name);
    }
  }

  #find(name: string): StoredParameter {
    const parameter = this.#parameters.get(name);
    if (parameter === undefined) {
      throw new InputError(
        `The parameter store has no ${name}; it holds ${this.#parameters.size} parameters.`,
      );
    }
    return parameter;
  }
}
