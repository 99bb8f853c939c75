import { ShapeError } from "../errors.ts";
import { formatShape } from "../graph/spec.ts";
import type { Tensor } from "../graph/tensor.ts";
import { axisSize, expectAxis, expectInput } from "./infer.ts";
import { defineOp } from "./op.ts";
import { padZerosKernel, sliceKernel } from "./wgsl/copy.ts";
import { intersect, shifted, wholeBox } from "./windows.ts";

export interface SliceAttributes {
  readonly axis: number;
  readonly start: number;
  readonly length: number;
}

/** `length` entries of one axis from `start` on. */
export const slice = defineOp<SliceAttributes>({
  name: "slice",
  cheap: true,
  infer: (inputs, { axis, start, length }) => {
    const { shape, dtype } = expectInput("slice", inputs, 0, {});
    expectAxis("slice", shape, axis);
    if (!(start >= 0 && length >= 1 && start + length <= axisSize(shape, axis))) {
      throw new ShapeError(
        "slice",
        `[${start}, ${start + length}) of axis ${axis} is outside ${formatShape(shape)}.`,
      );
    }
    return [{ shape: shape.map((old, index) => (index === axis ? length : old)), dtype }];
  },
  gradient: ({ inputs: [x], outputGradients: [g], attributes: { axis, start } }) => {
    if (!x || !g) return [null];
    const after = x.size(axis) - start - g.size(axis);
    return [x.graph.apply(padZeros, [g], { axis, before: start, after })[0] as Tensor];
  },
  windows: {
    kind: "moves",
    parts: (_, { axis, start }, box) => [{ input: 0, from: shifted(box, axis, start), to: box }],
  },
  webgpu: sliceKernel,
  onnx: ({ node, constant, inputs, outputs, attributes: { axis, start, length } }) => {
    const bounds = [start, start + length, axis].map((value) => constant("i64", [1], [value]));
    node("Slice", [...inputs, ...bounds], { outputs });
  },
});

export interface PadZerosAttributes {
  readonly axis: number;
  readonly before: number;
  readonly after: number;
}

/** Zeros put before and after along one axis: the gradient of a slice. */
export const padZeros = defineOp<PadZerosAttributes>({
  name: "padZeros",
  cheap: true,
  infer: (inputs, { axis, before, after }) => {
    const { shape, dtype } = expectInput("padZeros", inputs, 0, { dtype: "f32" });
    expectAxis("padZeros", shape, axis);
    if (!(before >= 0 && after >= 0)) {
      throw new ShapeError(
        "padZeros",
        `${before} and ${after} zeros cannot be put around ${formatShape(shape)}.`,
      );
    }
    return [{ shape: shape.map((size, index) => (index === axis ? before + size + after : size)), dtype }];
  },
  gradient: ({ inputs: [x], outputGradients: [g], attributes: { axis, before } }) => [
    x && g ? g.slice(axis, before, x.size(axis)) : null,
  ],
  windows: {
    kind: "moves",
    parts: ([x], { axis, before }, box) => {
      const from = intersect(shifted(box, axis, -before), wholeBox(x?.shape ?? []));
      return from === null ? [] : [{ input: 0, from, to: shifted(from, axis, before) }];
    },
  },
  webgpu: padZerosKernel,
  onnx: ({ node, constant, inputs, inputSpecs, outputs, attributes: { axis, before, after } }) => {
    // All axes are listed: ONNX Runtime's transpose optimizer takes a Pad's list for that, even where it has `axes`.
    const axes = (inputSpecs[0]?.shape ?? []).map((_, index) => index);
    const pads = [0, 1].flatMap((end) =>
      axes.map((index) => (index === axis ? (end === 0 ? before : after) : 0)),
    );
    node("Pad", [...inputs, constant("i64", [pads.length], pads), constant("f32", [], [0])], { outputs });
  },
});
