import type { TensorSpec } from "../../graph/spec.ts";
import { elementCount } from "../../graph/spec.ts";
import type { OperandAxes, WindowSpace, WorkAxis } from "../../ops/windows.ts";
import { blockedAxis } from "../../ops/windows.ts";
import type { DeviceProfile } from "../../plan/deviceProfile.ts";
import type { Cuts } from "./boxes.ts";
import { isCut, isGridContiguous } from "./boxes.ts";
import { evenCuts, longestRange, mergeCuts } from "./cuts.ts";
import { CannotSplitError } from "./errors.ts";
import { mostElements } from "./tensorWindows.ts";

/** An input or output of an op that is to be computed in windows. */
export interface Operand extends TensorSpec {
  readonly name: string;
  /** Where the value is cut already; null for a result, which is not made yet. */
  readonly cuts: readonly Cuts[] | null;
}

/**
 * Cuts of the work axes of an op, such that no window of an operand exceeds a binding:
 * 1. those that too-large inputs have already, the largest input first, so that windows are read as they are;
 * 2. where an operand's windows are still too large, more: of its axes in order, those whose places are free before those
 *    that are summed up, as free ones cost nothing.
 * @throws CannotSplitError naming the op and the operand
 */
export function chooseCuts(
  op: string,
  space: WindowSpace,
  inputs: readonly Operand[],
  outputs: readonly Operand[],
  profile: DeviceProfile,
): readonly Cuts[] {
  const none = space.axes.map(({ size }): Cuts => [0, size]);
  const adopted = adoptCuts(space, inputs, outputs, none, profile);
  const refined = refine(op, space, inputs, outputs, adopted, profile);
  return space.isContiguous === true && !isGridContiguous(refined)
    ? refine(op, space, inputs, outputs, none, profile)
    : refined;
}

function adoptCuts(
  space: WindowSpace,
  inputs: readonly Operand[],
  outputs: readonly Operand[],
  none: readonly Cuts[],
  profile: DeviceProfile,
): readonly Cuts[] {
  const cuts = [...none];
  const resultElements = outputs.reduce((total, { shape }) => total + elementCount(shape), 0);
  const large = inputs
    .map((input, index) => ({ ...input, axes: space.inputs[index] as OperandAxes }))
    .filter(({ shape }) => elementCount(shape) > mostElements(profile))
    .toSorted((a, b) => elementCount(b.shape) - elementCount(a.shape));
  for (const input of large) {
    for (const [index, along] of input.axes.entries()) {
      const places = input.cuts?.[index];
      if (along === null || places === undefined || !isCut(places)) continue;
      const { axis: workAxis, block } = blockedAxis(along);
      if (isCut(cuts[workAxis] as Cuts) || places.some((place) => place % block !== 0)) continue;
      const own = places.map((place) => place / block);
      const { kind } = space.axes[workAxis] as WorkAxis;
      if (kind === "whole") continue;
      // Adding up reads two tensors and writes one a cut; other windows are a slice and a concatenation of the input.
      const addedElements = 3 * (own.length - 2) * resultElements;
      if (kind === "free" || addedElements <= 4 * elementCount(input.shape)) cuts[workAxis] = own;
    }
  }
  return cuts;
}

function refine(
  op: string,
  space: WindowSpace,
  inputs: readonly Operand[],
  outputs: readonly Operand[],
  from: readonly Cuts[],
  profile: DeviceProfile,
): readonly Cuts[] {
  const cuts = [...from];
  const limit = mostElements(profile);
  const operands = [
    ...inputs.map((operand, index) => ({ operand, axes: space.inputs[index] as OperandAxes })),
    ...outputs.map((operand, index) => ({ operand, axes: space.outputs[index] as OperandAxes })),
  ];
  for (const { operand, axes } of operands) {
    for (;;) {
      const elements = windowElements(operand, axes, cuts);
      if (elements <= limit) break;
      const axis = axisToCut(space, axes, cuts);
      if (axis === null) throw new CannotSplitError(op, operand, whyNot(space, axes), profile);
      const before = cuts[axis] as Cuts;
      const longest = Math.max(1, Math.floor(longestRange(before) / Math.ceil(elements / limit)));
      const size = (space.axes[axis] as WorkAxis).size;
      cuts[axis] = mergeCuts(before, evenCuts(size, longest) as Cuts);
    }
  }
  return cuts;
}

/** Elements of the largest window of an operand. */
function windowElements({ shape }: Operand, axes: OperandAxes, cuts: readonly Cuts[]): number {
  return axes.reduce<number>((total, along, index) => {
    if (along === null) return total * (shape[index] as number);
    const { axis, block } = blockedAxis(along);
    return total * block * longestRange(cuts[axis] as Cuts);
  }, 1);
}

function axisToCut(space: WindowSpace, axes: OperandAxes, cuts: readonly Cuts[]): number | null {
  const candidates = axes
    .flatMap((along) => (along === null ? [] : [blockedAxis(along).axis]))
    .filter((axis) => longestRange(cuts[axis] as Cuts) > 1);
  const kindOf = (axis: number): string => (space.axes[axis] as WorkAxis).kind;
  return (
    candidates.find((axis) => kindOf(axis) === "free") ??
    candidates.find((axis) => kindOf(axis) !== "whole") ??
    null
  );
}

function whyNot(space: WindowSpace, axes: OperandAxes): string {
  const isWhole = (along: OperandAxes[number]): boolean =>
    along === null ||
    blockedAxis(along).block > 1 ||
    (space.axes[blockedAxis(along).axis] as WorkAxis).kind === "whole";
  const whole = axes.flatMap((along, index) => (isWhole(along) ? [index] : []));
  return `what the op needs of it at once, along ${whole.map((axis) => `axis ${axis}`).join(" and ")}, is too large.`;
}
