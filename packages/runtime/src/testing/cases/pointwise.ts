import type { Shape } from "../../graph/spec.ts";
import { elementCount } from "../../graph/spec.ts";
import type { BinaryName, UnaryName } from "../../ops/pointwise.ts";
import type { InputRecipe, OpCase } from "./case.ts";
import { awayFromZero, normal, opCase, positive, scalar, values } from "./case.ts";

const SHAPES: readonly Shape[] = [
  [],
  [1],
  [4],
  [7],
  [257],
  [300],
  [1, 1],
  [3, 5],
  [17, 19],
  [2, 3, 5],
  [2, 1, 3, 7],
];

const BROADCASTS: readonly (readonly [Shape, Shape])[] = [
  [[], []],
  [[1], [1]],
  [[300], [300]],
  [[257], [1]],
  [
    [3, 5],
    [3, 5],
  ],
  [[3, 5], []],
  [[], [3, 5]],
  [[3, 5], [5]],
  [[5], [3, 5]],
  [[1, 1], [7]],
  [
    [3, 1],
    [1, 5],
  ],
  [
    [13, 11],
    [13, 1],
  ],
  [
    [1, 8],
    [4, 8],
  ],
  [
    [2, 3, 5],
    [3, 1],
  ],
  [
    [2, 1, 1, 5],
    [3, 7, 1],
  ],
  [
    [2, 1, 3, 7],
    [2, 4, 1, 7],
  ],
];

/** Inputs at which each function is smooth, by function; normal where it is smooth everywhere. */
const UNARY_DOMAIN: Partial<Record<UnaryName, (shape: Shape) => InputRecipe>> = {
  log: positive,
  sqrt: positive,
  abs: awayFromZero,
  sign: awayFromZero,
  relu: awayFromZero,
  reciprocal: awayFromZero,
};

const UNARY_NAMES: readonly UnaryName[] = [
  "neg",
  "exp",
  "log",
  "sqrt",
  "abs",
  "sign",
  "square",
  "reciprocal",
  "tanh",
  "sigmoid",
  "relu",
  "erf",
  "silu",
  "gelu",
  "geluTanh",
];

const BINARY_NAMES: readonly BinaryName[] = [
  "add",
  "sub",
  "mul",
  "div",
  "maximum",
  "minimum",
  "greater",
  "geluGradient",
  "geluTanhGradient",
  "siluGradient",
];

const SATURATED = [-80, -20, -10, -5, -3, -1, -0.5, -1e-3, 0, 1e-3, 0.5, 1, 3, 5, 10, 20, 80];
const TENS = SATURATED.filter((x) => Math.abs(x) <= 10);

/** Functions with two flat or linear ends: the ends, and the turn between. */
const saturating: readonly OpCase[] = [
  ...(["tanh", "sigmoid", "silu", "erf"] as const).map((op) =>
    opCase(op, "saturated", [values([SATURATED.length], SATURATED)]),
  ),
  ...(["gelu", "geluTanh"] as const).map((op) => opCase(op, "at ±10 and 0", [values([TENS.length], TENS)])),
  ...(["geluGradient", "geluTanhGradient", "siluGradient"] as const).map((op) =>
    opCase(op, "at ±10 and 0", [values([TENS.length], TENS), normal([TENS.length])]),
  ),
];

const AT_EDGE = { differentiable: false } as const;

/** At kinks and ends of the domain only values are compared. */
const edges: readonly OpCase[] = [
  opCase("exp", "from denormal to near overflow", [values([6], [-80, -30, 0, 1e-6, 30, 80])], {}, AT_EDGE),
  opCase("log", "tiny to huge", [values([5], [1e-30, 1e-6, 1, 1e6, 1e30])], {}, AT_EDGE),
  opCase("sqrt", "from zero", [values([4], [0, 1e-20, 4, 1e20])], {}, AT_EDGE),
  opCase("abs", "at zero", [values([3], [-0, 0, -2])], {}, AT_EDGE),
  opCase("sign", "at zero", [values([3], [0, 3, -1e-20])], {}, AT_EDGE),
  opCase("relu", "at zero", [values([3], [0, 3, -1e-20])], {}, AT_EDGE),
  opCase("maximum", "ties", [values([3], [1, 2, -1]), values([3], [1, -2, -1])], {}, AT_EDGE),
  opCase("minimum", "ties", [values([3], [1, 2, -1]), values([3], [1, -2, -1])], {}, AT_EDGE),
  opCase("greater", "ties", [values([3], [1, 2, -1]), values([3], [1, -2, -1])], {}, AT_EDGE),
];

const denominator = (op: BinaryName, shape: Shape): InputRecipe =>
  op === "div" ? awayFromZero(shape) : normal(shape);

/** Conditions are 0 in places; NaN must stay where it is not chosen. */
const flags = (shape: Shape): InputRecipe =>
  values(
    shape,
    Array.from({ length: elementCount(shape) }, (_, index) => (index % 3 === 0 ? 0 : index)),
  );
const selections: readonly OpCase[] = [
  ...BROADCASTS.map(([a, b]) => opCase("select", "", [flags(a), normal(b), normal(a)])),
  ...[[7], [3, 4], [17, 19]].map((shape) =>
    opCase("select", "by one flag", [scalar(1), normal(shape), normal(shape)]),
  ),
  opCase(
    "select",
    "beside what is not finite",
    [values([2], [0, 1]), values([2], [Number.NaN, 2]), values([2], [3, Number.POSITIVE_INFINITY])],
    {},
    AT_EDGE,
  ),
];

export const pointwiseCases: readonly OpCase[] = [
  ...UNARY_NAMES.flatMap((op) =>
    SHAPES.map((shape) => opCase(op, "", [(UNARY_DOMAIN[op] ?? normal)(shape)])),
  ),
  ...BINARY_NAMES.flatMap((op) =>
    BROADCASTS.map(([a, b]) => opCase(op, "", [normal(a), denominator(op, b)])),
  ),
  ...selections,
  ...saturating,
  ...edges,
];
