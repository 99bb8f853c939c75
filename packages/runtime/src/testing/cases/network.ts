import type { Shape } from "../../graph/spec.ts";
import { elementCount } from "../../graph/spec.ts";
import type { InputRecipe, OpCase } from "./case.ts";
import { i32, indices, normal, opCase, positive, scalar, u32, values } from "./case.ts";

const ROWS: readonly Shape[] = [[1], [7], [300], [1, 1], [3, 5], [5, 4], [2, 3, 257], [2, 2, 3, 4]];

const large: InputRecipe = values([3, 4], [80, -80, 0, 79, -80, -80, -80, -79.5, 80, 80, 80, 80]);
/** Attention scores with padding masked by the lowest f32, and one row that is masked whole. */
const masked: InputRecipe = values([2, 4], [0.5, -3.4e38, 1.5, -3.4e38, -3.4e38, -3.4e38, -3.4e38, -3.4e38]);

const softmaxCases: readonly OpCase[] = [
  ...ROWS.flatMap((shape) => [
    opCase("softmax", "", [normal(shape, 2)]),
    opCase("softmaxGradient", "", [positive(shape), normal(shape)]),
  ]),
  opCase("softmax", "logits of ±80", [large]),
  opCase("softmax", "masked", [masked], {}, { differentiable: false }),
];

const lastOf = (shape: Shape): Shape => shape.slice(-1);
const statisticsOf = (shape: Shape): Shape => [...shape.slice(0, -1), 1];

function layerNorm(label: string, shape: Shape, x: InputRecipe, epsilon: number): OpCase {
  return opCase("layerNorm", label, [x, normal(lastOf(shape), 0.5, 1), normal(lastOf(shape))], { epsilon });
}

const layerNormCases: readonly OpCase[] = [
  ...ROWS.filter((shape) => elementCount(lastOf(shape)) > 1).map((shape) =>
    layerNorm("", shape, normal(shape, 2, 0.5), 1e-12),
  ),
  layerNorm("epsilon 1e-5", [6, 13], normal([6, 13]), 1e-5),
  layerNorm("one column", [3, 1], normal([3, 1]), 1e-5),
  layerNorm("wide", [2, 768], normal([2, 768]), 1e-12),
  ...ROWS.map((shape) =>
    opCase("layerNormGradient", "", [
      normal(shape),
      normal(lastOf(shape), 0.5, 1),
      normal(statisticsOf(shape)),
      positive(statisticsOf(shape)),
      normal(shape),
    ]),
  ),
];

/**
 * Rows whose deviation is far below their mean. Here f32 loses digits whoever computes, but a variance by
 * `mean(x²) - mean(x)²` loses all of them, and may be below zero.
 */
const nearlyConstant: readonly OpCase[] = [
  [layerNorm("mean 3, deviation 1e-3", [4, 33], normal([4, 33], 1e-3, 3), 1e-12), 2e-3],
  [layerNorm("mean 300, deviation 1", [4, 33], normal([4, 33], 1, 300), 1e-5), 1e-3],
  [layerNorm("mean -1e4, deviation 10", [2, 257], normal([2, 257], 10, -1e4), 1e-5), 1e-3],
].map(([value, relative]) => ({
  ...(value as OpCase),
  tolerance: { relative: relative as number, absolute: relative as number },
  differentiable: false,
}));

const constantRows: OpCase = {
  ...layerNorm("constant", [2, 5], values([2, 5], [3.3, 3.3, 3.3, 3.3, 3.3, 0, 0, 0, 0, 0]), 1e-5),
  differentiable: false,
};

/** Rows of the table, its width, indices. */
const LOOKUPS: readonly (readonly [number, number, InputRecipe])[] = [
  [1, 1, i32([1], [0])],
  [7, 5, i32([3], [6, 0, 3])],
  [7, 5, i32([8], [2, 2, 2, 2, 2, 2, 2, 2])],
  [2, 257, i32([5], [1, 0, 1, 1, 0])],
  [257, 3, indices(300, 257)],
  [3, 8, indices(64, 3)],
];

const embeddingCases = LOOKUPS.flatMap(([rows, width, recipe], index) => {
  const count = [1, 3, 8, 5, 300, 64][index] as number;
  return [
    opCase("embedding", "", [normal([rows, width]), recipe]),
    opCase("embeddingGradient", `into ${rows} rows`, [recipe, normal([count, width])], { rows }),
  ];
});

/** Rows, classes, labels. */
const CLASSIFICATIONS: readonly (readonly [number, number, InputRecipe])[] = [
  [1, 1, i32([1], [0])],
  [1, 2, i32([1], [1])],
  [3, 5, i32([3], [0, 4, 2])],
  [7, 3, indices(7, 3)],
  [2, 300, i32([2], [0, 299])],
  [257, 2, indices(257, 2)],
];

const crossEntropyCases: readonly OpCase[] = [
  ...CLASSIFICATIONS.flatMap(([rows, classes, labels]) => [
    opCase("crossEntropy", "", [normal([rows, classes], 2), labels]),
    opCase("crossEntropyGradient", "", [normal([rows, classes], 2), labels, normal([rows])]),
  ]),
  ...[i32([3], [0, 0, 3]), i32([3], [1, 3, 0])].flatMap((labels, index) => [
    opCase("crossEntropy", `logits of ±80 ${index}`, [large, labels]),
    opCase("crossEntropyGradient", `logits of ±80 ${index}`, [large, labels, normal([3])]),
  ]),
];

const NOISE_KEYS = [0, 1, 0x9e3779b9, 0xffffffff];

const dropoutCases = [0.1, 0.5].flatMap((probability) =>
  ([[], [1], [7], [3, 5], [300], [2, 3, 257]] as const).map((shape, index) => {
    const key = NOISE_KEYS[index % NOISE_KEYS.length] as number;
    const recipes = [normal(shape), u32([], [key])];
    return opCase("dropout", `p ${probability} key ${key}`, recipes, { probability, salt: 3 * index });
  }),
);

const ADAMW = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 };

function adamw(
  label: string,
  shape: Shape,
  scale: number,
  flags: number | readonly number[],
  weightDecay: number,
): OpCase {
  const flag = typeof flags === "number" ? scalar(flags) : values([flags.length], flags);
  return opCase(
    "adamw",
    label,
    [
      normal(shape),
      normal(shape),
      normal(shape, 0.1),
      positive(shape),
      ...[0.05, 1 - 0.9 ** 3, 1 - 0.999 ** 3, scale].map(scalar),
      flag,
    ],
    { ...ADAMW, weightDecay },
  );
}

function adamwGroup(
  label: string,
  shapes: readonly Shape[],
  scale: number,
  flags: number | readonly number[],
): OpCase {
  const flag = typeof flags === "number" ? scalar(flags) : values([flags.length], flags);
  return opCase(
    "adamwGroup",
    label,
    [
      ...[0.05, 1 - 0.9 ** 3, 1 - 0.999 ** 3, scale].map(scalar),
      flag,
      ...shapes.flatMap((shape) => [normal(shape), normal(shape), normal(shape, 0.1), positive(shape)]),
    ],
    { ...ADAMW, tensorCount: shapes.length },
  );
}

const optimizerCases: readonly OpCase[] = [
  adamw("", [], 1, 1, 0),
  adamw("", [1], 1, 1, 0.01),
  adamw("", [7], 0.5, 1, 0.01),
  adamw("skipped", [7], 0.5, 0, 0.01),
  adamw("", [3, 5], 0.25, 1, 0),
  adamw("", [257], 1, 1, 0.1),
  adamw("three columns frozen", [7, 5], 1, [0, 0, 1, 0, 1], 0.1),
  adamw("six columns frozen", [9, 8], 0.5, [0, 1, 0, 0, 1, 0, 0, 0], 0.1),
  adamw("all columns frozen", [3, 4], 1, [0, 0, 0, 0], 0.1),
  adamwGroup("", [[7]], 0.5, 1),
  adamwGroup("", [[4, 8], [], [257], [3, 5], [16], [300]], 1, 1),
  adamwGroup("skipped", [[4], [5]], 0.5, 0),
  adamwGroup(
    "three columns frozen",
    [
      [7, 5],
      [1, 5],
      [4, 5],
    ],
    1,
    [0, 0, 1, 0, 1],
  ),
  ...[null, 0.5, 1e6].flatMap((maxNorm) => [
    opCase("gradientNorm", `to ${maxNorm}`, [normal([1])], { maxNorm }),
    opCase("gradientNorm", `to ${maxNorm}`, [normal([7]), normal([]), normal([3, 5])], { maxNorm }),
    opCase("gradientNorm", `to ${maxNorm}`, [normal([257]), normal([300, 3])], { maxNorm }),
    opCase("gradientNorm", `to ${maxNorm}, all zero`, [values([3], [0, 0, 0])], { maxNorm }),
  ]),
  ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map((value) =>
    opCase(
      "gradientNorm",
      `with ${value}`,
      [normal([5]), values([2], [1, value])],
      { maxNorm: 1 },
      {
        comparedOutputs: [2],
      },
    ),
  ),
];

export const networkCases: readonly OpCase[] = [
  ...softmaxCases,
  ...layerNormCases,
  ...nearlyConstant,
  constantRows,
  ...embeddingCases,
  ...crossEntropyCases,
  ...dropoutCases,
  ...optimizerCases,
];
