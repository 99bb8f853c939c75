import { InputError } from "../../errors.ts";
import type { ParameterRole } from "../../graph/graph.ts";
import { decodeHalf, encodeHalf } from "../../graph/half.ts";
import type { HostArray, HostTensor, TensorSpec } from "../../graph/spec.ts";
import { byteSize, elementCount } from "../../graph/spec.ts";
import type { TensorWindow } from "../../passes/splitLarge/tensorWindows.ts";
import { tensorWindows } from "../../passes/splitLarge/tensorWindows.ts";
import type { ParameterStore } from "../executor.ts";
import { SharedArena } from "./arena.ts";
import { createBuffer, TENSOR_USAGE } from "./buffers.ts";
import type { WebgpuDevice } from "./device/openDevice.ts";
import { bufferLabel } from "./ledger/roles.ts";
import { readBuffer } from "./readback.ts";

interface StoredWindow extends TensorWindow {
  readonly buffer: GPUBuffer;
}

interface StoredParameter extends TensorSpec {
  /** One, or several where one binding cannot show it all. */
  readonly windows: readonly StoredWindow[];
}

/**
 * Parameters on one device, each in a buffer of its own, or in one for each of its windows, which graphs prepared for the
 * device know by names of their own. With them the arena of the programs that are compiled against them.
 */
export class WebgpuParameterStore implements ParameterStore {
  readonly arena: SharedArena;
  readonly #opened: WebgpuDevice;
  readonly #parameters: Map<string, StoredParameter>;
  readonly #buffers: Map<string, GPUBuffer>;

  /**
   * @param padded the size of the buffer for a tensor of so many bytes
   * @param roleOf what a parameter is for, as a ledger counts it
   * @throws GpuOutOfMemoryError, CannotSplitError
   */
  static async create(
    opened: WebgpuDevice,
    parameters: ReadonlyMap<string, HostTensor>,
    padded: (bytes: number) => number,
    roleOf: (name: string) => ParameterRole,
  ): Promise<WebgpuParameterStore> {
    const { device } = opened;
    const made = new Map<string, StoredParameter>();
    const buffers: GPUBuffer[] = [];
    try {
      for (const [name, { shape, dtype, data }] of parameters) {
        const windows: StoredWindow[] = [];
        for (const window of tensorWindows(name, { shape, dtype }, opened.profile)) {
          const label = bufferLabel(roleOf(name), window.name);
          const buffer = await createBuffer(device, label, padded(byteSize(window)), TENSOR_USAGE);
          buffers.push(buffer);
          windows.push({ ...window, buffer });
        }
        made.set(name, { shape, dtype, windows });
        writeWindows(device, windows, data);
      }
    } catch (error) {
      for (const buffer of buffers) buffer.destroy();
      throw error;
    }
    return new WebgpuParameterStore(opened, made);
  }

  constructor(opened: WebgpuDevice, parameters: Map<string, StoredParameter>) {
    this.#opened = opened;
    this.#parameters = parameters;
    const windows = [...parameters.values()].flatMap((parameter) => parameter.windows);
    this.#buffers = new Map(windows.map(({ name, buffer }) => [name, buffer]));
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

  /** The bytes of a parameter, or of one window of a parameter that has several. */
  buffer(windowName: string): GPUBuffer {
    const buffer = this.#buffers.get(windowName);
    if (buffer === undefined) throw new InputError(`The parameter store has no ${windowName}.`);
    return buffer;
  }

  async read(name: string): Promise<Float32Array> {
    const { windows, shape, dtype } = this.#find(name);
    const values = new Float32Array(elementCount(shape));
    for (const window of windows) {
      const bytes = await readBuffer(this.#opened, window.buffer, byteSize(window));
      const part = dtype === "f16" ? decodeHalf(new Uint16Array(bytes)) : new Float32Array(bytes);
      values.set(part, window.firstElement);
    }
    return values;
  }

  async write(name: string, values: Float32Array): Promise<void> {
    const { windows, shape, dtype } = this.#find(name);
    if (values.length !== elementCount(shape)) {
      throw new InputError(`${name} has ${elementCount(shape)} elements, ${values.length} were written.`);
    }
    this.#opened.health.check();
    writeWindows(this.#opened.device, windows, dtype === "f16" ? encodeHalf(name, values) : values);
  }

  release(names: readonly string[]): void {
    for (const name of names) {
      for (const window of this.#parameters.get(name)?.windows ?? []) {
        window.buffer.destroy();
        this.#buffers.delete(window.name);
      }
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

function writeWindows(device: GPUDevice, windows: readonly StoredWindow[], data: HostArray): void {
  for (const { buffer, firstElement, elements } of windows) {
    const part = data.subarray(firstElement, firstElement + elements);
    device.queue.writeBuffer(buffer, 0, part.buffer, part.byteOffset, part.byteLength);
  }
}
