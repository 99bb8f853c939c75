import { ShapeError } from "../errors.ts";
import type { Shape } from "../graph/spec.ts";
import { formatShape } from "../graph/spec.ts";
import type { Tensor } from "../graph/tensor.ts";
import { axisSize, expectInput } from "./infer.ts";
import type { OpDefinition } from "./op.ts";
import { defineOp } from "./op.ts";
import { reductionKernel } from "./wgsl/reduce.ts";
import type { OperandAxes, WindowSpace, WorkAxis } from "./windows.ts";

export interface ReductionAttributes {
  readonly axes: readonly number[];
  readonly keepAxes: boolean;
}

interface ReductionRow {
  readonly onnx: string;
  /** Factor on the gradient that is spread over the reduced axes; null stops gradients. */
  readonly gradientScale: ((reducedCount: number) => number) | null;
}

const table = {
  sum: { onnx: "ReduceSum", gradientScale: () => 1 },
  mean: { onnx: "ReduceMean", gradientScale: (count) => 1 / count },
  max: { onnx: "ReduceMax", gradientScale: null },
} as const satisfies Record<string, ReductionRow>;

export type ReductionName = keyof typeof table;

function reducedShape(shape: Shape, { axes, keepAxes }: ReductionAttributes): Shape {
  return shape.flatMap((size, axis) => (axes.includes(axis) ? (keepAxes ? [1] : []) : [size]));
}

/** Partial sums and maxima are brought together; a mean is their sum, divided at the end. */
function reductionSpace(
  name: ReductionName,
  shape: Shape,
  { axes, keepAxes }: ReductionAttributes,
): WindowSpace {
  const count = axes.reduce((product, axis) => product * axisSize(shape, axis), 1);
  const reduced = name === "max" ? "max" : "sum";
  const output: OperandAxes = shape.flatMap((_, axis) =>
    axes.includes(axis) ? (keepAxes ? [null] : []) : [axis],
  );
  return {
    axes: shape.map((size, axis): WorkAxis => ({ size, kind: axes.includes(axis) ? reduced : "free" })),
    inputs: [shape.map((_, axis) => axis)],
    outputs: [output],
    ...(name === "mean" ? { partial: { op: "sum", divisor: count } } : {}),
  };
}

function defineReduction(name: ReductionName, row: ReductionRow): OpDefinition<ReductionAttributes> {
  return defineOp<ReductionAttributes>({
    name,
    cheap: true,
    infer: (inputs, attributes) => {
      const { shape } = expectInput(name, inputs, 0, { dtype: "f32" });
      const { axes } = attributes;
      if (new Set(axes).size !== axes.length || axes.some((axis) => axis < 0 || axis >= shape.length)) {
        throw new ShapeError(name, `axes [${axes}] are not distinct axes of ${formatShape(shape)}.`);
      }
      return [{ shape: reducedShape(shape, attributes), dtype: "f32" }];
    },
    gradient: ({ inputs: [x], outputGradients: [g], attributes: { axes } }) => {
      if (!x || !g || row.gradientScale === null) return [null];
      const count = axes.reduce((product, axis) => product * axisSize(x.shape, axis), 1);
      const scale = row.gradientScale(count);
      const kept = g.reshape(reducedShape(x.shape, { axes, keepAxes: true }));
      return [(scale === 1 ? kept : kept.mul(scale)).broadcastTo(x.shape) as Tensor];
    },
    windows: {
      kind: "space",
      space: ([x], _outputs, attributes) => reductionSpace(name, x?.shape ?? [], attributes),
    },
    webgpu: (context) => reductionKernel(name, context),
    onnx: ({ node, constant, inputs, outputs, attributes: { axes, keepAxes } }) => {
      // Without this ONNX would read an empty list of axes as all of them.
      const attributes = { keepdims: keepAxes ? 1 : 0, noop_with_empty_axes: 1 };
      node(row.onnx, [...inputs, constant("i64", [axes.length], axes)], { outputs, attributes });
    },
  });
}

export const reductionOps: Readonly<Record<ReductionName, OpDefinition<ReductionAttributes>>> = {
  sum: defineReduction("sum", table.sum),
  mean: defineReduction("mean", table.mean),
  max: defineReduction("max", table.max),
};
