import { InputError } from "../../errors.ts";
import type { HostTensor } from "../../graph/spec.ts";
import type { ParameterStore } from "../executor.ts";

/**
 * Parameters in host memory, updated in place. The arrays that the store is made from stay the caller's: one is copied
 * before its first change, so that frozen weights are held once however many stores there are.
 */
export class CpuParameterStore implements ParameterStore {
  readonly #tensors: Map<string, HostTensor>;
  readonly #copied = new Set<string>();

  /** @throws InputError for f16, which is a way of storing weights on WebGPU */
  constructor(parameters: ReadonlyMap<string, HostTensor>) {
    for (const [name, { dtype }] of parameters) {
      if (dtype === "f16") {
        throw new InputError(`${name} is f16; the CPU executor computes in f32.`, "Store it as f32.");
      }
    }
    this.#tensors = new Map(parameters);
  }

  get names(): readonly string[] {
    return [...this.#tensors.keys()];
  }

  has(name: string): boolean {
    return this.#tensors.has(name);
  }

  /** The live tensor itself, not a copy. */
  tensor(name: string): HostTensor {
    const tensor = this.#tensors.get(name);
    if (tensor === undefined) {
      throw new InputError(`The parameter store has no ${name}; it holds ${this.#tensors.size} parameters.`);
    }
    return tensor;
  }

  /** The live tensor, for a caller that changes it. */
  writable(name: string): HostTensor {
    const tensor = this.tensor(name);
    if (this.#copied.has(name)) return tensor;
    const own = { ...tensor, data: tensor.data.slice() };
    this.#tensors.set(name, own);
    this.#copied.add(name);
    return own;
  }

  async read(name: string): Promise<Float32Array> {
    return Float32Array.from(this.tensor(name).data);
  }

  async write(name: string, values: Float32Array): Promise<void> {
    const { data } = this.tensor(name);
    if (values.length !== data.length) {
      throw new InputError(`${name} has ${data.length} elements, ${values.length} were written.`);
    }
    this.writable(name).data.set(values);
  }

  release(names: readonly string[]): void {
    for (const name of names) this.#tensors.delete(name);
  }
}
