import { InputError } from "../errors.ts";
import type { Graph } from "../graph/graph.ts";
import { leavesOf } from "../graph/graph.ts";
import type { DType, HostArray } from "../graph/spec.ts";
import { elementCount, formatSpec } from "../graph/spec.ts";
import type { ProgramInputs } from "./executor.ts";

const ARRAY_OF: Readonly<Record<DType, { new (): HostArray; readonly name: string }>> = {
  f32: Float32Array,
  f16: Uint16Array,
  i32: Int32Array,
  u32: Uint32Array,
};

/** Refuses inputs that are missing, unknown, or of another size or type than the graph declares. */
export function checkInputs(graph: Graph, inputs: ProgramInputs): void {
  const declared = leavesOf(graph, "input");
  for (const value of declared) {
    const data = inputs[value.name];
    const array = ARRAY_OF[value.dtype];
    if (data === undefined)
      throw new InputError(`The input ${value.name} (${formatSpec(value)}) is missing.`);
    if (!(data instanceof array) || data.length !== elementCount(value.shape)) {
      throw new InputError(
        `The input ${value.name} is ${formatSpec(value)}: ${array.name} of ${elementCount(value.shape)}; ` +
          `${data.constructor.name} of ${data.length} was given.`,
      );
    }
  }
  const known = new Set(declared.map((value) => value.name));
  for (const name of Object.keys(inputs)) {
    if (!known.has(name)) {
      throw new InputError(`There is no input ${name}; the graph reads ${[...known].join(", ") || "none"}.`);
    }
  }
}
