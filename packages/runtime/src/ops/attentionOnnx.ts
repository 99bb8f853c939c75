import type { OnnxLowering } from "../execute/cpu/lowering.ts";
import type { AttentionAttributes, AttentionGradientAttributes, AttentionSizes } from "./attentionProblem.ts";
import { attentionSizes } from "./attentionProblem.ts";
import { dropout } from "./dropout.ts";

/** The highest f32, which as a ceiling changes no score, and as its negative hides one. */
const HIGHEST = 3.4028234663852886e38;

/** `attention` on the CPU: the matrix of scores exists within one run of the nodes, and is not kept for backward. */
export function lowerAttention(lowering: OnnxLowering<AttentionAttributes>): void {
  const { node, constant, inputs, outputs } = lowering;
  const [query = "", key = "", value = "", bias = "", noiseKey = ""] = inputs;
  const sizes = attentionSizes(lowering.inputSpecs, lowering.attributes);
  const last = constant("i64", [1], [-1]);
  const scores = lowerScores(lowering, sizes, query, key, bias);
  const largest = node("ReduceMax", [scores, last], { attributes: { keepdims: 1 } });
  const powers = node("Exp", [node("Sub", [scores, largest])]);
  const inverse = node("Reciprocal", [node("ReduceSum", [powers, last], { attributes: { keepdims: 1 } })]);
  node("Concat", [largest, inverse], { outputs: outputs.slice(1), attributes: { axis: -1 } });
  const probabilities = lowerDropout(lowering, sizes, node("Mul", [powers, inverse]), noiseKey, "dropped");
  const context = product(lowering, probabilities, splitHeads(lowering, sizes, value, sizes.keys));
  mergeHeads(lowering, sizes, context, sizes.queries, outputs[0] ?? "");
}

/** `attentionGradient` on the CPU. */
export function lowerAttentionGradient(lowering: OnnxLowering<AttentionGradientAttributes>): void {
  const { node, constant, inputs, outputs, attributes } = lowering;
  const [query = "", key = "", value = "", bias = "", context = "", statistics = "", g = "", noiseKey = ""] =
    inputs;
  const sizes = attentionSizes(lowering.inputSpecs, attributes);
  const { queries, keys } = sizes;
  const split = (x: string, length: number): string => splitHeads(lowering, sizes, x, length);
  const statistic = (index: number): string =>
    node("Gather", [statistics, constant("i64", [1], [index])], { attributes: { axis: -1 } });
  const scores = lowerScores(lowering, sizes, query, key, bias);
  const probabilities = node("Mul", [node("Exp", [node("Sub", [scores, statistic(0)])]), statistic(1)]);
  const gHeads = split(g, queries);

  const scoresGradient = (): string => {
    const dropped = product(lowering, gHeads, split(value, keys), { transB: 1 });
    const probabilitiesGradient = lowerDropout(lowering, sizes, dropped, noiseKey, "gradient_dropped");
    // sum(p dp) over a row, by way of the context: context g over the head.
    const shared = node(
      "ReduceSum",
      [node("Mul", [gHeads, split(context, queries)]), constant("i64", [1], [-1])],
      { attributes: { keepdims: 1 } },
    );
    return node("Mul", [probabilities, node("Sub", [probabilitiesGradient, shared])]);
  };
  const alpha = { float: attributes.scale };
  const ofScores = attributes.wanted.some((operand) => operand !== "value") ? scoresGradient() : "";
  for (const [index, operand] of attributes.wanted.entries()) {
    const name = outputs[index] ?? "";
    if (operand === "query") {
      const gradient = product(lowering, ofScores, split(key, keys), { alpha });
      mergeHeads(lowering, sizes, gradient, queries, name);
    } else if (operand === "key") {
      const gradient = product(lowering, ofScores, split(query, queries), { transA: 1, alpha });
      mergeHeads(lowering, sizes, gradient, keys, name);
    } else {
      const dropped = lowerDropout(lowering, sizes, probabilities, noiseKey, "dropped");
      mergeHeads(lowering, sizes, product(lowering, dropped, gHeads, { transA: 1 }), keys, name);
    }
  }
}

/** Scores [rows, heads, queries, keys] with their bias; what causality hides has the lowest f32. */
function lowerScores(
  lowering: OnnxLowering<AttentionAttributes>,
  sizes: AttentionSizes,
  query: string,
  key: string,
  bias: string,
): string {
  const { node, constant, attributes } = lowering;
  const { queries, keys } = sizes;
  const queryHeads = splitHeads(lowering, sizes, query, queries);
  const keyHeads = splitHeads(lowering, sizes, key, keys);
  const scores = product(lowering, queryHeads, keyHeads, { transB: 1, alpha: { float: attributes.scale } });
  const biased = node("Add", [scores, bias]);
  if (!attributes.causal) return biased;
  const ceiling = (): Float32Array =>
    Float32Array.from({ length: queries * keys }, (_, element) => {
      const isHidden = element % keys > Math.floor(element / keys) + keys - queries;
      return isHidden ? -HIGHEST : HIGHEST;
    });
  return node("Min", [
    biased,
    constant("f32", [queries, keys], ceiling, `causal_ceiling_${queries}x${keys}`),
  ]);
}

/** [rows * length, heads * headSize] as [rows, heads, length, headSize]. */
function splitHeads(
  { node, constant }: OnnxLowering<AttentionAttributes>,
  { rows, heads, headSize }: AttentionSizes,
  x: string,
  length: number,
): string {
  const shape = constant("i64", [4], [rows, length, heads, headSize]);
  return node("Transpose", [node("Reshape", [x, shape])], { attributes: { perm: [0, 2, 1, 3] } });
}

/** The inverse of `splitHeads`. */
function mergeHeads(
  { node, constant }: OnnxLowering<AttentionAttributes>,
  { rows, heads, headSize }: AttentionSizes,
  x: string,
  length: number,
  output: string,
): void {
  const shape = constant("i64", [2], [rows * length, heads * headSize]);
  const beside = node("Transpose", [x], { attributes: { perm: [0, 2, 1, 3] } });
  node("Reshape", [beside, shape], { outputs: [output] });
}

function product(
  { node }: OnnxLowering<AttentionAttributes>,
  a: string,
  b: string,
  attributes: Readonly<Record<string, number | { readonly float: number }>> = {},
): string {
  return node("FusedMatMul", [a, b], { domain: "com.microsoft", attributes });
}

/** The op `dropout` on a matrix of all scores. */
function lowerDropout(
  lowering: OnnxLowering<AttentionAttributes>,
  { rows, heads, queries, keys }: AttentionSizes,
  x: string,
  noiseKey: string,
  suffix: string,
): string {
  const { attributes } = lowering;
  if (attributes.dropout === null) return x;
  const name = `${lowering.outputs[0] ?? ""}_${suffix}`;
  const spec = { shape: [rows, heads, queries, keys], dtype: "f32" } as const;
  dropout.onnx?.({
    ...lowering,
    attributes: attributes.dropout,
    inputs: [x, noiseKey],
    inputSpecs: [spec, { shape: [], dtype: "u32" }],
    outputs: [name],
    outputSpecs: [spec],
  });
  return name;
}
