import { ShapeError } from "../errors.ts";
import { formatShape } from "../graph/spec.ts";
import { axisSize, expectAxis, expectInput } from "./infer.ts";
import { defineOp } from "./op.ts";
import { concatKernel } from "./wgsl/copy.ts";
import { intersect, shifted, wholeBox } from "./windows.ts";

export interface ConcatAttributes {
  readonly axis: number;
}

/** Tensors after each other along one axis. */
export const concat = defineOp<ConcatAttributes>({
  name: "concat",
  cheap: true,
  infer: (inputs, { axis }) => {
    const first = expectInput("concat", inputs, 0, {});
    expectAxis("concat", first.shape, axis);
    for (const [index, { shape }] of inputs.entries()) {
      const fits =
        shape.length === first.shape.length &&
        shape.every((size, i) => i === axis || size === first.shape[i]);
      if (!fits || expectInput("concat", inputs, index, { dtype: first.dtype }) === undefined) {
        throw new ShapeError(
          "concat",
          `input ${index} ${formatShape(shape)} does not continue ${formatShape(first.shape)} along axis ${axis}.`,
        );
      }
    }
    const total = inputs.reduce((sum, { shape }) => sum + axisSize(shape, axis), 0);
    return [{ shape: first.shape.map((size, index) => (index === axis ? total : size)), dtype: first.dtype }];
  },
  gradient: ({ inputs, outputGradients: [g], attributes: { axis }, needed }) => {
    let start = 0;
    return inputs.map((input, index) => {
      const length = input.size(axis);
      const part = g && needed[index] === true ? g.slice(axis, start, length) : null;
      start += length;
      return part;
    });
  },
  windows: {
    kind: "moves",
    parts: (inputs, { axis }, box) => {
      let start = 0;
      return inputs.flatMap(({ shape }, input) => {
        const origin = start;
        start += axisSize(shape, axis);
        const from = intersect(shifted(box, axis, -origin), wholeBox(shape));
        return from === null ? [] : [{ input, from, to: shifted(from, axis, origin) }];
      });
    },
  },
  webgpu: concatKernel,
  onnx: ({ node, inputs, outputs, attributes: { axis } }) => {
    node("Concat", inputs, { outputs, attributes: { axis } });
  },
});
