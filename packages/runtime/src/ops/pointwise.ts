import type { OnnxLowering } from "../execute/cpu/lowering.ts";
import { ONNX_TYPE_CODES } from "../execute/cpu/onnxTypes.ts";
import type { Tensor } from "../graph/tensor.ts";
import { broadcastShapes, expectInput } from "./infer.ts";
import type { ElementwiseRule, OpDefinition } from "./op.ts";
import { defineOp } from "./op.ts";
import { pointwiseKernel } from "./wgsl/pointwise.ts";
import { elementSpace } from "./windows.ts";

type NoAttributes = Readonly<Record<never, never>>;

interface UnaryRow {
  /** Gradient by x, given x, the result y and the gradient g by y; null where it is zero everywhere. */
  readonly gradient: ((x: Tensor, y: Tensor, g: Tensor) => Tensor) | null;
  readonly onnx: (lowering: OnnxLowering<NoAttributes>, x: string) => void;
  /** WGSL expression of `x`, of type T: f32 or vec4<f32>. */
  readonly wgsl: string;
}

interface BinaryRow {
  /** Made by gradient rules alone. It has no rule of its own: a second derivative is refused, not taken for zero. */
  readonly backwardOnly?: true;
  /** Gradients by a and by b in the shape of y; null where zero everywhere. */
  readonly gradientA: ((a: Tensor, b: Tensor, y: Tensor, g: Tensor) => Tensor) | null;
  readonly gradientB: ((a: Tensor, b: Tensor, y: Tensor, g: Tensor) => Tensor) | null;
  readonly onnx: (lowering: OnnxLowering<NoAttributes>, a: string, b: string) => void;
  /** WGSL expression of `a` and `b`, of type T: f32 or vec4<f32>. */
  readonly wgsl: string;
}

const SQRT_HALF = Math.SQRT1_2;
/** 1 / sqrt(2 pi), the height of the normal density. */
const NORMAL_PEAK = 0.3989422804014327;
/** sqrt(2 / pi) and the cubic coefficient of the tanh approximation (Hendrycks and Gimpel 2016). */
const TANH_SCALE = 0.7978845608028654;
const TANH_CUBIC = 0.044715;

const one = (type: string, domain?: "com.microsoft") => {
  return (lowering: OnnxLowering<NoAttributes>, ...inputs: string[]): void => {
    lowering.node(
      type,
      inputs,
      domain === undefined ? { outputs: lowering.outputs } : { outputs: lowering.outputs, domain },
    );
  };
};

const scalar = (lowering: OnnxLowering<NoAttributes>, value: number): string =>
  lowering.constant("f32", [], [value]);

const unaryTable = {
  neg: { gradient: (_x, _y, g) => g.neg(), onnx: one("Neg"), wgsl: "-x" },
  exp: { gradient: (_x, y, g) => g.mul(y), onnx: one("Exp"), wgsl: "exp(x)" },
  log: { gradient: (x, _y, g) => g.div(x), onnx: one("Log"), wgsl: "log(x)" },
  sqrt: { gradient: (_x, y, g) => g.mul(0.5).div(y), onnx: one("Sqrt"), wgsl: "sqrt(x)" },
  abs: { gradient: (x, _y, g) => g.mul(x.sign()), onnx: one("Abs"), wgsl: "abs(x)" },
  sign: { gradient: null, onnx: one("Sign"), wgsl: "sign(x)" },
  square: {
    gradient: (x, _y, g) => g.mul(x).mul(2),
    onnx: (lowering, x) => lowering.node("Mul", [x, x], { outputs: lowering.outputs }),
    wgsl: "x * x",
  },
  reciprocal: {
    gradient: (_x, y, g) => g.mul(y.square()).neg(),
    onnx: one("Reciprocal"),
    wgsl: "1.0 / x",
  },
  tanh: { gradient: (_x, y, g) => tanhGradient(y, g), onnx: one("Tanh"), wgsl: "tanhOf(x)" },
  sigmoid: {
    gradient: (_x, y, g) => g.mul(y.sub(y.square())),
    onnx: one("Sigmoid"),
    wgsl: "sigmoidOf(x)",
  },
  relu: { gradient: (x, _y, g) => g.mul(x.greater(0)), onnx: one("Relu"), wgsl: "max(x, T(0.0))" },
  erf: {
    gradient: (x, _y, g) => g.mul(x.square().neg().exp()).mul(2 / Math.sqrt(Math.PI)),
    onnx: one("Erf"),
    wgsl: "erfOf(x)",
  },
  silu: {
    gradient: (x, _y, g) => binaryApply("siluGradient", x, g),
    onnx: (lowering, x) =>
      lowering.node("Mul", [x, lowering.node("Sigmoid", [x])], { outputs: lowering.outputs }),
    wgsl: "x * sigmoidOf(x)",
  },
  gelu: {
    gradient: (x, _y, g) => binaryApply("geluGradient", x, g),
    onnx: one("Gelu"),
    wgsl: `0.5 * x * (1.0 + erfOf(x * ${SQRT_HALF}))`,
  },
  geluTanh: {
    gradient: (x, _y, g) => binaryApply("geluTanhGradient", x, g),
    onnx: (lowering, x) =>
      lowering.node("Gelu", [x], { outputs: lowering.outputs, attributes: { approximate: "tanh" } }),
    wgsl: `0.5 * x * (1.0 + tanhOf(x * (1.0 + ${TANH_CUBIC} * x * x) * ${TANH_SCALE}))`,
  },
} as const satisfies Record<string, UnaryRow>;

const binaryTable = {
  add: {
    gradientA: (_a, _b, _y, g) => g,
    gradientB: (_a, _b, _y, g) => g,
    onnx: one("Add"),
    wgsl: "a + b",
  },
  sub: {
    gradientA: (_a, _b, _y, g) => g,
    gradientB: (_a, _b, _y, g) => g.neg(),
    onnx: one("Sub"),
    wgsl: "a - b",
  },
  mul: {
    gradientA: (_a, b, _y, g) => g.mul(b),
    gradientB: (a, _b, _y, g) => g.mul(a),
    onnx: one("Mul"),
    wgsl: "a * b",
  },
  div: {
    gradientA: (_a, b, _y, g) => g.div(b),
    gradientB: (_a, b, y, g) => g.mul(y).div(b).neg(),
    onnx: one("Div"),
    wgsl: "a / b",
  },
  maximum: {
    gradientA: (a, b, _y, g) => g.mul(a.greater(b)),
    gradientB: (a, b, _y, g) => g.sub(g.mul(a.greater(b))),
    onnx: one("Max"),
    wgsl: "max(a, b)",
  },
  minimum: {
    gradientA: (a, b, _y, g) => g.mul(b.greater(a)),
    gradientB: (a, b, _y, g) => g.sub(g.mul(b.greater(a))),
    onnx: one("Min"),
    wgsl: "min(a, b)",
  },
  greater: {
    gradientA: null,
    gradientB: null,
    onnx: (lowering, a, b) =>
      lowering.node("Cast", [lowering.node("Greater", [a, b])], {
        outputs: lowering.outputs,
        attributes: { to: ONNX_TYPE_CODES.f32 },
      }),
    wgsl: "select(T(0.0), T(1.0), a > b)",
  },
  /** g times the derivative of gelu at x: Phi(x) + x phi(x). One op, so that nothing between is kept. */
  geluGradient: {
    backwardOnly: true,
    gradientA: null,
    gradientB: null,
    onnx: (lowering, x, g) => {
      const { node } = lowering;
      const erf = node("Erf", [node("Mul", [x, scalar(lowering, SQRT_HALF)])]);
      const cumulative = node("Mul", [node("Add", [erf, scalar(lowering, 1)]), scalar(lowering, 0.5)]);
      const density = node("Exp", [node("Mul", [node("Mul", [x, x]), scalar(lowering, -0.5)])]);
      const slope = node("Mul", [node("Mul", [x, density]), scalar(lowering, NORMAL_PEAK)]);
      node("Mul", [g, node("Add", [cumulative, slope])], { outputs: lowering.outputs });
    },
    wgsl: "geluSlope(a) * b",
  },
  /** g times the derivative of the tanh approximation at x. */
  geluTanhGradient: {
    backwardOnly: true,
    gradientA: null,
    gradientB: null,
    onnx: (lowering, x, g) => {
      const { node } = lowering;
      const square = node("Mul", [x, x]);
      const inner = node("Add", [node("Mul", [square, scalar(lowering, TANH_CUBIC)]), scalar(lowering, 1)]);
      const t = node("Tanh", [node("Mul", [node("Mul", [x, inner]), scalar(lowering, TANH_SCALE)])]);
      const half = node("Mul", [node("Add", [t, scalar(lowering, 1)]), scalar(lowering, 0.5)]);
      const bend = node("Add", [
        node("Mul", [square, scalar(lowering, 3 * TANH_CUBIC)]),
        scalar(lowering, 1),
      ]);
      const slope = node("Mul", [node("Sub", [scalar(lowering, 1), node("Mul", [t, t])]), bend]);
      const second = node("Mul", [node("Mul", [x, slope]), scalar(lowering, 0.5 * TANH_SCALE)]);
      node("Mul", [g, node("Add", [half, second])], { outputs: lowering.outputs });
    },
    wgsl: "geluTanhSlope(a) * b",
  },
  /** g times the derivative of silu at x: s + x s (1 - s). */
  siluGradient: {
    backwardOnly: true,
    gradientA: null,
    gradientB: null,
    onnx: (lowering, x, g) => {
      const { node } = lowering;
      const s = node("Sigmoid", [x]);
      const rest = node("Mul", [x, node("Sub", [scalar(lowering, 1), s])]);
      node("Mul", [g, node("Mul", [s, node("Add", [rest, scalar(lowering, 1)])])], {
        outputs: lowering.outputs,
      });
    },
    wgsl: "siluSlope(a) * b",
  },
} as const satisfies Record<string, BinaryRow>;

export type UnaryName = keyof typeof unaryTable;
export type BinaryName = keyof typeof binaryTable;

function tanhGradient(y: Tensor, g: Tensor): Tensor {
  return g.sub(g.mul(y.square()));
}

function binaryApply(name: BinaryName, a: Tensor, b: Tensor): Tensor {
  return a.graph.apply(binaryOps[name], [a, b], {})[0] as Tensor;
}

function defineUnary(name: UnaryName, row: UnaryRow): OpDefinition<NoAttributes> {
  const elementwise: ElementwiseRule<NoAttributes> = { operands: ["x"], wgsl: row.wgsl };
  return defineOp<NoAttributes>({
    name,
    cheap: true,
    infer: (inputs) =>
      [expectInput(name, inputs, 0, { dtype: "f32" })].map(({ shape, dtype }) => ({ shape, dtype })),
    gradient: ({ inputs: [x], outputs: [y], outputGradients: [g] }) => {
      if (x === undefined || y === undefined || g === null || g === undefined || row.gradient === null)
        return [null];
      return [row.gradient(x, y, g)];
    },
    windows: { kind: "space", space: elementSpace },
    elementwise,
    webgpu: (context) => pointwiseKernel(name, elementwise, context),
    onnx: (lowering) => row.onnx(lowering, ...(lowering.inputs as [string])),
  });
}

function defineBinary(name: BinaryName, row: BinaryRow): OpDefinition<NoAttributes> {
  const elementwise: ElementwiseRule<NoAttributes> = { operands: ["a", "b"], wgsl: row.wgsl };
  return defineOp<NoAttributes>({
    name,
    cheap: true,
    infer: (inputs) => {
      const a = expectInput(name, inputs, 0, { dtype: "f32" });
      const b = expectInput(name, inputs, 1, { dtype: "f32" });
      return [{ shape: broadcastShapes(name, a.shape, b.shape), dtype: "f32" }];
    },
    ...(row.backwardOnly === true ? {} : { gradient: binaryGradient(row) }),
    windows: { kind: "space", space: elementSpace },
    elementwise,
    webgpu: (context) => pointwiseKernel(name, elementwise, context),
    onnx: (lowering) => row.onnx(lowering, ...(lowering.inputs as [string, string])),
  });
}

function binaryGradient(row: BinaryRow): NonNullable<OpDefinition<NoAttributes>["gradient"]> {
  return ({ inputs: [a, b], outputs: [y], outputGradients: [g], needed }) => {
    if (a === undefined || b === undefined || y === undefined || g === null || g === undefined)
      return [null, null];
    return [
      needed[0] === true && row.gradientA !== null ? row.gradientA(a, b, y, g).sumTo(a.shape) : null,
      needed[1] === true && row.gradientB !== null ? row.gradientB(a, b, y, g).sumTo(b.shape) : null,
    ];
  };
}

function mapRows<Name extends string, Row, Result>(
  table: Readonly<Record<Name, Row>>,
  define: (name: Name, row: Row) => Result,
): Readonly<Record<Name, Result>> {
  const entries = Object.entries(table) as [Name, Row][];
  return Object.fromEntries(entries.map(([name, row]) => [name, define(name, row)])) as Record<Name, Result>;
}

const unaryRows: Readonly<Record<UnaryName, UnaryRow>> = unaryTable;
const binaryRows: Readonly<Record<BinaryName, BinaryRow>> = binaryTable;
export const unaryOps = mapRows(unaryRows, defineUnary);
export const binaryOps = mapRows(binaryRows, defineBinary);
