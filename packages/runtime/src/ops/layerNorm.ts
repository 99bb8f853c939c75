import { GraphError } from "../errors.ts";
import { formatShape } from "../graph/spec.ts";
import type { Tensor } from "../graph/tensor.ts";
import { axisSize, expectInput, expectShape } from "./infer.ts";
import { defineOp } from "./op.ts";
import { layerNormGradientKernel, layerNormKernel } from "./wgsl/layerNorm.ts";
import { rowSpace } from "./windows.ts";

export interface LayerNormAttributes {
  readonly epsilon: number;
}

/**
 * Layer normalization over the last axis. Results: y, and the row statistics mean and 1/sqrt(variance + epsilon)
 * with a last axis of size 1, which backward reads with x.
 */
export const layerNorm = defineOp<LayerNormAttributes>({
  name: "layerNorm",
  cheap: true,
  infer: (inputs) => {
    const { shape } = expectInput("layerNorm", inputs, 0, { dtype: "f32", minimumRank: 1 });
    const width = axisSize(shape, -1);
    for (const index of [1, 2]) {
      expectShape("layerNorm", inputs, index, "f32", [width], `x of ${formatShape(shape)}`);
    }
    const statistics = { shape: [...shape.slice(0, -1), 1], dtype: "f32" } as const;
    return [{ shape, dtype: "f32" }, statistics, statistics];
  },
  gradient: ({ inputs: [x, gamma], outputs: [, mean, inverseDeviation], outputGradients, needed }) => {
    const [g, meanGradient, deviationGradient] = outputGradients;
    if (meanGradient || deviationGradient) {
      throw new GraphError(
        "layerNorm has no gradient rule for its row statistics, but the loss depends on them.",
      );
    }
    if (!x || !gamma || !mean || !inverseDeviation || !g) return [null, null, null];
    const graph = x.graph;
    const rowAxes = x.shape.slice(0, -1).map((_, axis) => axis);
    const xGradient = (): Tensor =>
      graph.apply(layerNormGradient, [x, gamma, mean, inverseDeviation, g], {})[0] as Tensor;
    return [
      needed[0] === true ? xGradient() : null,
      needed[1] === true ? g.mul(x.sub(mean).mul(inverseDeviation)).sum(rowAxes) : null,
      needed[2] === true ? g.sum(rowAxes) : null,
    ];
  },
  windows: { kind: "space", space: rowSpace },
  webgpu: layerNormKernel,
  onnx: ({ node, inputs, outputs, attributes: { epsilon } }) => {
    node("LayerNormalization", inputs, { outputs, attributes: { axis: -1, epsilon: { float: epsilon } } });
  },
});

/** Gradient of layer normalization by x: `s (h - mean(h) - n mean(h n))` with h = g gamma, n = (x - mean) s. */
export const layerNormGradient = defineOp({
  name: "layerNormGradient",
  cheap: true,
  infer: (inputs) => {
    const { shape, dtype } = expectInput("layerNormGradient", inputs, 0, { dtype: "f32", minimumRank: 1 });
    const source = `x of ${formatShape(shape)}`;
    const statistics = [...shape.slice(0, -1), 1];
    expectShape("layerNormGradient", inputs, 1, "f32", [axisSize(shape, -1)], source);
    expectShape("layerNormGradient", inputs, 2, "f32", statistics, source);
    expectShape("layerNormGradient", inputs, 3, "f32", statistics, source);
    expectShape("layerNormGradient", inputs, 4, "f32", shape, source);
    return [{ shape, dtype }];
  },
  windows: { kind: "space", space: rowSpace },
  webgpu: layerNormGradientKernel,
  onnx: ({
    node,
    constant,
    inputs: [x = "", gamma = "", mean = "", inverseDeviation = "", g = ""],
    outputs,
  }) => {
    const axes = constant("i64", [1], [-1]);
    const rowMean = (value: string): string =>
      node("ReduceMean", [value, axes], { attributes: { keepdims: 1 } });
    const normalized = node("Mul", [node("Sub", [x, mean]), inverseDeviation]);
    const scaled = node("Mul", [g, gamma]);
    const projection = node("Mul", [normalized, rowMean(node("Mul", [scaled, normalized]))]);
    const centred = node("Sub", [node("Sub", [scaled, rowMean(scaled)]), projection]);
    node("Mul", [centred, inverseDeviation], { outputs });
  },
});
