import type { Shape, TensorSpec } from "../graph/spec.ts";

/** Places `[start, end)` along one axis. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** A range of each axis of a tensor. */
export type Box = readonly Range[];

/**
 * An axis of the work that an op does. Places of a `free` one are computed each by itself; those of a `sum` or `max` one
 * are brought together so in every result; a `whole` one cannot be cut.
 */
export interface WorkAxis {
  readonly size: number;
  readonly kind: "free" | "sum" | "max" | "whole";
}

/** An axis of an operand that lies along a work axis: `block` of its places, one after another, to each place there. */
export interface BlockedAxis {
  readonly axis: number;
  readonly block: number;
}

/**
 * For each axis of an operand the work axis that it lies along, place by place or in blocks; null where every window takes
 * all of it.
 */
export type OperandAxes = readonly (number | BlockedAxis | null)[];

export function blockedAxis(axis: number | BlockedAxis): BlockedAxis {
  return typeof axis === "number" ? { axis, block: 1 } : axis;
}

/** What a window of the work takes of an operand of `shape`. */
export function operandBox(axes: OperandAxes, window: Box, shape: Shape): Box {
  return axes.map((along, index): Range => {
    if (along === null) return { start: 0, end: shape[index] as number };
    const { axis, block } = blockedAxis(along);
    const { start, end } = window[axis] as Range;
    return { start: start * block, end: end * block };
  });
}

/** An op as loops over work axes: cut those into ranges, and the op on the operands' ranges gives that of the result. */
export interface WindowSpace {
  readonly axes: readonly WorkAxis[];
  readonly inputs: readonly OperandAxes[];
  readonly outputs: readonly OperandAxes[];
  /** Attributes of the op on one range of each work axis; those of the whole op where absent. */
  readonly attributes?: (window: Box) => object;
  /** A window of the result must be elements that follow each other, since the op counts them. */
  readonly isContiguous?: boolean;
  /** For an op whose own results do not add up: the op whose do, and what their sum is divided by. */
  readonly partial?: { readonly op: string; readonly divisor: number };
}

/** Elements of an input, in row-major order, that are a part of the result. What no part covers is zero. */
export interface MovedPart {
  readonly input: number;
  readonly from: Box;
  readonly to: Box;
}

/** How an op is computed in windows where its tensors exceed what one binding of a device shows. */
export type WindowRule<Attributes extends object> =
  | {
      readonly kind: "space";
      readonly space: (
        inputs: readonly TensorSpec[],
        outputs: readonly TensorSpec[],
        attributes: Attributes,
      ) => WindowSpace;
    }
  /** The op only moves elements: the parts that make up one box of its result. */
  | {
      readonly kind: "moves";
      readonly parts: (
        inputs: readonly TensorSpec[],
        attributes: Attributes,
        box: Box,
      ) => readonly MovedPart[];
    }
  /** The op takes any number of inputs as one set of elements: windows of an input can stand in its place. */
  | { readonly kind: "elements" };

/** Axes of an operand that broadcasts, by NumPy's rule, to the work axes. */
function broadcastAxes({ shape }: TensorSpec, axes: readonly WorkAxis[]): OperandAxes {
  const missing = axes.length - shape.length;
  return shape.map((size, axis) => (size === 1 ? null : axis + missing));
}

/** Each element of the result for itself, from operands that broadcast to it. */
export function elementSpace(inputs: readonly TensorSpec[], outputs: readonly TensorSpec[]): WindowSpace {
  const axes = (outputs[0]?.shape ?? []).map((size): WorkAxis => ({ size, kind: "free" }));
  const of = (spec: TensorSpec): OperandAxes => broadcastAxes(spec, axes);
  return { axes, inputs: inputs.map(of), outputs: outputs.map(of) };
}

/** Each row along the last axis of the first input for itself; the other operands broadcast to that input. */
export function rowSpace(inputs: readonly TensorSpec[], outputs: readonly TensorSpec[]): WindowSpace {
  const { axes, ...operands } = elementSpace(inputs, inputs);
  const last = axes.length - 1;
  return {
    axes: axes.map((axis, index) => (index === last ? { ...axis, kind: "whole" } : axis)),
    inputs: operands.inputs,
    outputs: outputs.map((spec) => broadcastAxes(spec, axes)),
  };
}

export function boxShape(box: Box): Shape {
  return box.map(({ start, end }) => end - start);
}

export function wholeBox(shape: Shape): Box {
  return shape.map((size) => ({ start: 0, end: size }));
}

/** What two boxes share; null where they share nothing. */
export function intersect(a: Box, b: Box): Box | null {
  const shared = a.map(({ start, end }, axis): Range => {
    const other = b[axis] as Range;
    return { start: Math.max(start, other.start), end: Math.min(end, other.end) };
  });
  return shared.every(({ start, end }) => start < end) ? shared : null;
}

/** A box moved along one axis. */
export function shifted(box: Box, axis: number, by: number): Box {
  return box.map(({ start, end }, index) =>
    index === axis ? { start: start + by, end: end + by } : { start, end },
  );
}
