import type { Shape } from "../../../graph/spec.ts";

export type KernelInput =
  | { readonly shape: Shape; readonly dtype: "f32" }
  /** Indices from 0 to `below - 1`. */
  | { readonly shape: Shape; readonly dtype: "i32"; readonly below: number };

/** One op at one set of shapes. */
export interface KernelCase {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly KernelInput[];
  readonly attributes: object;
}

/** MiniLM-L6: 384 wide, 12 heads of 32, feed-forward 1536; 32 rows of 32 tokens; LoRA of rank 8. */
const [ROWS, LENGTH, WIDTH, HEADS, INNER, RANK] = [32, 32, 384, 12, 1536, 8] as const;
const TOKENS = ROWS * LENGTH;

function f32(...shape: Shape): KernelInput {
  return { shape, dtype: "f32" };
}

type Layout = "NN" | "NT" | "TN";

/** `op(a) @ op(b)` of [rows, inner] by [inner, columns]; a letter T says that the operand lies transposed. */
function product(
  name: string,
  rows: number,
  inner: number,
  columns: number,
  layout: Layout,
  batch: Shape = [],
): KernelCase {
  const [transposeA, transposeB] = [layout[0] === "T", layout[1] === "T"];
  return {
    name: `matmul: ${name}`,
    op: "matmul",
    inputs: [
      f32(...batch, ...(transposeA ? [inner, rows] : [rows, inner])),
      f32(...batch, ...(transposeB ? [columns, inner] : [inner, columns])),
    ],
    attributes: { transposeA, transposeB, scale: 1, recomputable: false },
  };
}

const heads: Shape = [ROWS, HEADS];

const matmulCases: readonly KernelCase[] = [
  product("projection, forward", TOKENS, WIDTH, WIDTH, "NT"),
  product("projection, gradient by x", TOKENS, WIDTH, WIDTH, "NN"),
  product("projection, gradient by the weight", WIDTH, TOKENS, WIDTH, "TN"),
  product("feed-forward up, forward", TOKENS, WIDTH, INNER, "NT"),
  product("feed-forward up, gradient by x", TOKENS, INNER, WIDTH, "NN"),
  product("feed-forward down, forward", TOKENS, INNER, WIDTH, "NT"),
  product("feed-forward down, gradient by x", TOKENS, WIDTH, INNER, "NN"),
  product("rank 8: x by A", TOKENS, WIDTH, RANK, "NT"),
  product("rank 8: h by B", TOKENS, RANK, WIDTH, "NT"),
  product("rank 8: gradient by h", TOKENS, WIDTH, RANK, "NN"),
  product("rank 8: gradient by x", TOKENS, RANK, WIDTH, "NN"),
  product("rank 8: gradient by A", RANK, TOKENS, WIDTH, "TN"),
  product("rank 8: gradient by B", WIDTH, TOKENS, RANK, "TN"),
  product("attention scores", LENGTH, LENGTH, LENGTH, "NT", heads),
  product("attention values", LENGTH, LENGTH, LENGTH, "NN", heads),
  product("attention, gradient by the values", LENGTH, LENGTH, LENGTH, "TN", heads),
  product("BERT-base projection, 512 tokens", 512, 768, 768, "NN"),
];

const hidden: Shape = [ROWS, LENGTH, WIDTH];
const scores: Shape = [...heads, LENGTH, LENGTH];
const statistics: Shape = [ROWS, LENGTH, 1];

const flat: Shape = [TOKENS, WIDTH];
const attentionInputs = [f32(...flat), f32(...flat), f32(...flat), f32(ROWS, 1, 1, LENGTH)];
const attentionAttributes = {
  rows: ROWS,
  heads: HEADS,
  scale: 1 / Math.sqrt(WIDTH / HEADS),
  causal: false,
  dropout: null,
};

const attentionCases: readonly KernelCase[] = [
  { name: "fused attention", op: "attention", inputs: attentionInputs, attributes: attentionAttributes },
  {
    name: "fused attention, gradient",
    op: "attentionGradient",
    inputs: [...attentionInputs, f32(...flat), f32(ROWS, HEADS, LENGTH, 2), f32(...flat)],
    attributes: { ...attentionAttributes, wanted: ["query", "key", "value"] },
  },
];

const otherCases: readonly KernelCase[] = [
  { name: "softmax", op: "softmax", inputs: [f32(...scores)], attributes: {} },
  {
    name: "softmax, gradient",
    op: "softmaxGradient",
    inputs: [f32(...scores), f32(...scores)],
    attributes: {},
  },
  {
    name: "layer norm",
    op: "layerNorm",
    inputs: [f32(...hidden), f32(WIDTH), f32(WIDTH)],
    attributes: { epsilon: 1e-12 },
  },
  {
    name: "layer norm, gradient",
    op: "layerNormGradient",
    inputs: [f32(...hidden), f32(WIDTH), f32(...statistics), f32(...statistics), f32(...hidden)],
    attributes: {},
  },
  {
    name: "transpose of heads",
    op: "transpose",
    inputs: [f32(ROWS, LENGTH, HEADS, WIDTH / HEADS)],
    attributes: { permutation: [0, 2, 1, 3] },
  },
  { name: "addition", op: "add", inputs: [f32(...hidden), f32(...hidden)], attributes: {} },
  {
    name: "addition of a bias",
    op: "add",
    inputs: [f32(ROWS, LENGTH, INNER), f32(INNER)],
    attributes: {},
  },
  { name: "GELU", op: "gelu", inputs: [f32(ROWS, LENGTH, INNER)], attributes: {} },
  {
    name: "AdamW",
    op: "adamw",
    inputs: [
      ...[f32(WIDTH, WIDTH), f32(WIDTH, WIDTH), f32(WIDTH, WIDTH), f32(WIDTH, WIDTH)],
      ...[f32(), f32(), f32(), f32(), f32()],
    ],
    attributes: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 },
  },
  {
    name: "embedding",
    op: "embedding",
    inputs: [f32(30_522, WIDTH), { shape: [TOKENS], dtype: "i32", below: 30_522 }],
    attributes: {},
  },
];

export const kernelCases: readonly KernelCase[] = [...matmulCases, ...attentionCases, ...otherCases];
