import type { ValueId } from "../../graph/graph.ts";
import type { TensorSpec } from "../../graph/spec.ts";
import type { Box } from "../../ops/windows.ts";
import { wholeBox } from "../../ops/windows.ts";
import type { Cuts } from "./boxes.ts";
import { gridBoxes, isCut } from "./boxes.ts";

/** A value of the original graph as the values of the split one that hold its parts. */
export interface SplitValue extends TensorSpec {
  readonly name: string;
  readonly gradientOf: string | null;
  /** Of each axis. */
  readonly cuts: readonly Cuts[];
  /** One for each box between the cuts, in row-major order. */
  readonly pieces: readonly { readonly box: Box; readonly id: ValueId }[];
}

type Described = TensorSpec & { readonly name: string; readonly gradientOf: string | null };

/** @param ids of the parts between the cuts, in row-major order */
export function splitValue(
  { name, shape, dtype, gradientOf }: Described,
  cuts: readonly Cuts[],
  ids: readonly ValueId[],
): SplitValue {
  const pieces = gridBoxes(cuts).map((box, index) => ({ box, id: ids[index] as ValueId }));
  return { name, shape, dtype, gradientOf, cuts, pieces };
}

export function uncut({ shape }: TensorSpec): readonly Cuts[] {
  return shape.map((size) => [0, size]);
}

export function wholeValue(value: Described, id: ValueId): SplitValue {
  const { name, shape, dtype, gradientOf } = value;
  return { name, shape, dtype, gradientOf, cuts: uncut(value), pieces: [{ box: wholeBox(shape), id }] };
}

export function isInPieces({ cuts }: SplitValue): boolean {
  return cuts.some(isCut);
}
