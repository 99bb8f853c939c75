import { InputError } from "../errors.ts";
import type { Graph } from "../graph/graph.ts";
import { leavesOf } from "../graph/graph.ts";
import { elementCount, formatSpec, HOST_ARRAYS } from "../graph/spec.ts";
import type { ProgramInputs } from "./executor.ts";

/** Refuses inputs that are missing, unknown, or of another size or type than the graph declares. */
export function checkInputs(graph: Graph, inputs: ProgramInputs): void {
  const declared = leavesOf(graph, "input");
  for (const value of declared) {
    const data = inputs[value.name];
    const array = HOST_ARRAYS[value.dtype];
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
