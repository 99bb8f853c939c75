import { GraphError, ShapeError } from "../errors.ts";
import type { Shape, TensorSpec } from "../graph/spec.ts";
import { formatShape } from "../graph/spec.ts";
import type { Tensor } from "../graph/tensor.ts";
import { lowerAttention, lowerAttentionGradient } from "./attentionOnnx.ts";
import type { AttentionAttributes, AttentionGradientAttributes } from "./attentionProblem.ts";
import { attentionOperands, attentionSizes, attentionSpace } from "./attentionProblem.ts";
import { expectInput, expectShape } from "./infer.ts";
import { defineOp } from "./op.ts";
import { attentionKernels } from "./wgsl/attention.ts";
import { attentionGradientKernels } from "./wgsl/attentionGradient.ts";

/**
 * Multi-head attention that stores no matrix of scores: `dropout(softmax(scale query keyᵀ + bias)) value`, head by head.
 * Inputs: query [rows * queries, heads * headSize], key and value [rows * keys, heads * headSize], where heads lie beside
 * each other as linear layers leave them; bias [rows, 1, 1, keys], which gets no gradient; with dropout the noise key.
 *
 * Results: the context [rows * queries, heads * headSize], and statistics [rows, heads, queries, 2] of each row of
 * scores: its largest and 1 / sum(exp(score - largest)), from which backward makes the probabilities again. They are not
 * one logarithm of the sum, since beside a largest score of -1e9 (a row that is masked whole) f32 would round it away.
 */
export const attention = defineOp<AttentionAttributes>({
  name: "attention",
  cheap: false,
  infer: (inputs, attributes) => inferAttention("attention", inputs, attributes, 4),
  gradient: ({ inputs, outputs: [context, statistics], outputGradients, attributes, needed }) => {
    const [g, statisticsGradient] = outputGradients;
    if (statisticsGradient) {
      throw new GraphError(
        "attention has no gradient rule for its row statistics, but the loss depends on them.",
      );
    }
    if (needed[3] === true) {
      throw new GraphError(
        "attention has no gradient rule for its bias, but somebody needs it. Use matmul and softmax there.",
      );
    }
    const [query, key, value, bias, noiseKey] = inputs;
    if (!query || !key || !value || !bias || !context || !statistics || !g) return [];
    const wanted = attentionOperands.filter((_, index) => needed[index] === true);
    const operands = [query, key, value, bias, context, statistics, g, ...(noiseKey ? [noiseKey] : [])];
    const made = query.graph.apply(attentionGradient, operands, { ...attributes, wanted });
    return attentionOperands.map((operand) => (made[wanted.indexOf(operand)] as Tensor | undefined) ?? null);
  },
  windows: { kind: "space", space: attentionSpace },
  webgpu: attentionKernels,
  onnx: lowerAttention,
});

/**
 * Gradients of `attention` by the operands that are `wanted`, from its inputs, its results and the context's gradient;
 * with dropout the noise key comes last. Probabilities are made again, block by block (Dao 2023, FlashAttention-2).
 */
export const attentionGradient = defineOp<AttentionGradientAttributes>({
  name: "attentionGradient",
  cheap: false,
  infer: (inputs, attributes) => {
    const op = "attentionGradient";
    const [context, statistics] = inferAttention(op, inputs, attributes, 7) as [TensorSpec, TensorSpec];
    const source = `a query of ${formatShape(context.shape)}`;
    expectShape(op, inputs, 4, "f32", context.shape, source);
    expectShape(op, inputs, 5, "f32", statistics.shape, source);
    expectShape(op, inputs, 6, "f32", context.shape, source);
    return attributes.wanted.map((operand) => ({
      shape: (inputs[attentionOperands.indexOf(operand)] as TensorSpec).shape,
      dtype: "f32",
    }));
  },
  windows: { kind: "space", space: attentionSpace },
  webgpu: attentionGradientKernels,
  onnx: lowerAttentionGradient,
});

/** Checks query, key, value, bias and, at `noiseIndex`, the noise key; gives the specs of context and statistics. */
function inferAttention(
  op: string,
  inputs: readonly TensorSpec[],
  attributes: AttentionAttributes,
  noiseIndex: number,
): readonly TensorSpec[] {
  const { rows, heads, causal, dropout } = attributes;
  const { shape } = expectInput(op, inputs, 0, { dtype: "f32", rank: 2 });
  const keyShape: Shape = expectInput(op, inputs, 1, { dtype: "f32", rank: 2 }).shape;
  const { headSize, queries, keys } = attentionSizes(inputs, attributes);
  if (keyShape[1] !== shape[1]) {
    const found = `the query ${formatShape(shape)} and the key ${formatShape(keyShape)}`;
    throw new ShapeError(op, `${found} differ in their last axis.`);
  }
  if (!Number.isInteger(headSize)) {
    throw new ShapeError(op, `the query ${formatShape(shape)} has no ${heads} heads of equal size.`);
  }
  for (const [name, length, of] of [
    ["query", queries, shape],
    ["key", keys, keyShape],
  ] as const) {
    if (!Number.isInteger(length)) {
      throw new ShapeError(op, `the ${name} ${formatShape(of)} has no ${rows} rows of equal length.`);
    }
  }
  if (causal && queries > keys) {
    throw new ShapeError(
      op,
      `${queries} queries with ${keys} keys were given; causal, the first see nothing.`,
    );
  }
  expectShape(op, inputs, 2, "f32", keyShape, `a key of ${formatShape(keyShape)}`);
  expectShape(op, inputs, 3, "f32", [rows, 1, 1, keys], `a key of ${formatShape(keyShape)}`);
  if (dropout !== null) {
    expectShape(op, inputs, noiseIndex, "u32", [], "dropout");
    if (!(dropout.probability >= 0 && dropout.probability < 1)) {
      throw new ShapeError(op, `the probability is ${dropout.probability}, it must lie in [0, 1).`);
    }
  }
  return [
    { shape, dtype: "f32" },
    { shape: [rows, heads, queries, 2], dtype: "f32" },
  ];
}
