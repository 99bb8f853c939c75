import type { GraphNode, GraphValue, ValueId } from "../../graph/graph.ts";
import type { Box, OperandAxes, WindowSpace } from "../../ops/windows.ts";
import { blockedAxis, operandBox } from "../../ops/windows.ts";
import type { Cuts } from "./boxes.ts";
import { boxKey, formatBox, gridBoxes, isCut } from "./boxes.ts";
import type { GraphEmitter, Provenance } from "./emitter.ts";
import type { ReadCache } from "./readCache.ts";
import type { SplitValue } from "./splitValue.ts";
import { splitValue } from "./splitValue.ts";

export interface WindowedNode {
  readonly node: GraphNode;
  readonly space: WindowSpace;
  /** Of each work axis. */
  readonly cuts: readonly Cuts[];
  readonly inputs: readonly SplitValue[];
  readonly outputs: readonly GraphValue[];
}

/** A node as one node for each window of its work; where several windows meet in one result, they are brought together. */
export function computeInWindows(
  emitter: GraphEmitter,
  reads: ReadCache,
  windowed: WindowedNode,
): readonly SplitValue[] {
  const { space, cuts, outputs } = windowed;
  const meeting = space.axes.map(({ kind }) => kind === "sum" || kind === "max");
  /** Of each work axis the ranges within one window of the results. */
  const results = gridBoxes(cuts.map((axis, i) => (meeting[i] ? [0, axis.at(-1) as number] : axis)));
  const ids = outputs.map(() => new Map<string, ValueId>());
  for (const result of results) {
    const parts = gridBoxes(
      cuts.map((axis, i) => (meeting[i] ? axis : [result[i]?.start as number, result[i]?.end as number])),
    );
    const made =
      parts.length === 1
        ? computeWindow(emitter, reads, windowed, result, result)
        : [combineWindows(emitter, reads, windowed, result, parts)];
    for (const [i, { shape }] of outputs.entries()) {
      ids[i]?.set(boxKey(operandBox(space.outputs[i] as OperandAxes, result, shape)), made[i] as ValueId);
    }
  }
  return outputs.map((value, i) => {
    const axes = space.outputs[i] as OperandAxes;
    const own = axes.map((along, j): Cuts => {
      if (along === null) return [0, value.shape[j] as number];
      const { axis, block } = blockedAxis(along);
      return (cuts[axis] as Cuts).map((cut) => cut * block);
    });
    const pieces = gridBoxes(own).map((box) => ids[i]?.get(boxKey(box)) as ValueId);
    return splitValue(value, own, pieces);
  });
}

/** The op on one window of its work, which is all of `result` or a part that is brought together with others. */
function computeWindow(
  emitter: GraphEmitter,
  reads: ReadCache,
  { node, space, inputs, outputs }: WindowedNode,
  window: Box,
  result: Box,
  op = node.op,
): readonly ValueId[] {
  const { phase, scope, layer } = node;
  const read = inputs.map((input, i) => {
    const box = operandBox(space.inputs[i] as OperandAxes, window, input.shape);
    return reads.read(input, box, { phase, scope, layer, name: input.name, gradientOf: input.gradientOf });
  });
  const about = aboutResult(node, space, outputs[0] as GraphValue, result);
  return emitter.node(op, read, space.attributes?.(window) ?? node.attributes, about);
}

function combineWindows(
  emitter: GraphEmitter,
  reads: ReadCache,
  windowed: WindowedNode,
  result: Box,
  parts: readonly Box[],
): ValueId {
  const { node, space, cuts, outputs } = windowed;
  const about = aboutResult(node, space, outputs[0] as GraphValue, result);
  const isMax = space.axes.some(({ kind }, i) => kind === "max" && isCut(cuts[i] as Cuts));
  let combined: ValueId | null = null;
  for (const part of parts) {
    const op = space.partial?.op ?? node.op;
    const [next] = computeWindow(emitter, reads, windowed, part, result, op) as [ValueId];
    combined = combined === null ? next : emitter.one(isMax ? "maximum" : "add", [combined, next], {}, about);
  }
  const divisor = space.partial?.divisor ?? 1;
  return divisor === 1
    ? (combined as ValueId)
    : emitter.one("div", [combined as ValueId, emitter.scalar(divisor)], {}, about);
}

function aboutResult(node: GraphNode, space: WindowSpace, value: GraphValue, result: Box): Provenance {
  const { phase, scope, layer } = node;
  const box = operandBox(space.outputs[0] as OperandAxes, result, value.shape);
  const name = `${value.name}${formatBox(box, value.shape)}`;
  return { phase, scope, layer, name, gradientOf: value.gradientOf };
}
