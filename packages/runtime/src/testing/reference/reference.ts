import type { Tensor64 } from "./tensor64.ts";

/** The float64 definition of an op: plain loops, written from the formula and not from the op's own code. */
export type ReferenceOp = (inputs: readonly Tensor64[], attributes: object) => readonly Tensor64[];

/** Lets a reference name the attributes it reads, as the registry lets a definition. */
export function reference<Attributes extends object>(
  compute: (inputs: readonly Tensor64[], attributes: Attributes) => readonly Tensor64[],
): ReferenceOp {
  return (inputs, attributes) => compute(inputs, attributes as Attributes);
}

export function input(inputs: readonly Tensor64[], index: number): Tensor64 {
  const tensor = inputs[index];
  if (tensor === undefined) throw new RangeError(`The reference was not given input ${index}.`);
  return tensor;
}
