import type { HostTensor } from "../../graph/spec.ts";
import type { AttentionAttributes, AttentionGradientAttributes } from "../../ops/attentionProblem.ts";
import { createRandom } from "../../random/generator.ts";
import { attentionReferences } from "../reference/attention.ts";
import { tensor64 } from "../reference/tensor64.ts";
import type { InputRecipe, OpCase } from "./case.ts";
import { normal, opCase, u32, values } from "./case.ts";

interface Sizes {
  readonly rows: number;
  readonly heads: number;
  readonly headSize: number;
  readonly queries: number;
  readonly keys: number;
}

const sizes = (rows: number, heads: number, headSize: number, queries: number, keys = queries): Sizes => ({
  rows,
  heads,
  headSize,
  queries,
  keys,
});

/** Sums of up to 130 products of size 1 that may cancel, as in `matmul`. */
const tolerance = { relative: 1e-5, absolute: 1e-5 };

const probabilities = {
  none: null,
  tenth: { probability: 0.1, salt: 3 },
  half: { probability: 0.5, salt: 0 },
};

/** A bias that hides the keys from about the middle of each row on, all but the first ones of row 0. */
function padding({ rows, keys }: Sizes): InputRecipe {
  const visible = (row: number): number => Math.max(1, keys - row - Math.floor(keys / 2));
  const isHidden = (element: number): boolean => element % keys >= visible(Math.floor(element / keys));
  return values(
    [rows, 1, 1, keys],
    Array.from({ length: rows * keys }, (_, element) => (isHidden(element) ? -1e9 : 0)),
  );
}

function attention(
  label: string,
  size: Sizes,
  change: Partial<AttentionAttributes> = {},
  bias: InputRecipe = normal([size.rows, 1, 1, size.keys]),
): OpCase {
  const { rows, heads, headSize, queries, keys } = size;
  const hidden = heads * headSize;
  const attributes = { rows, heads, scale: 1 / Math.sqrt(headSize), causal: false, dropout: null, ...change };
  return opCase(
    "attention",
    `${rows} rows, ${heads} heads${label}`,
    [
      normal([rows * queries, hidden]),
      normal([rows * keys, hidden]),
      normal([rows * keys, hidden]),
      bias,
      ...(attributes.dropout === null ? [] : [u32([], [0x9e3779b9])]),
    ],
    attributes,
    // The bias, which gets no gradient.
    { tolerance, constantInputs: [3] },
  );
}

const forward: readonly OpCase[] = [
  attention("", sizes(1, 1, 1, 1)),
  attention("", sizes(2, 1, 3, 2)),
  attention("", sizes(2, 3, 4, 5)),
  attention("", sizes(1, 2, 5, 7)),
  attention("", sizes(2, 2, 32, 9)),
  attention("", sizes(1, 2, 64, 6)),
  attention("", sizes(1, 1, 80, 3)),
  attention("", sizes(1, 2, 8, 130)),
  attention(" one query", sizes(2, 2, 4, 1, 9)),
  attention(" more queries than keys", sizes(2, 2, 4, 9, 3)),
  attention(" causal", sizes(2, 2, 4, 7), { causal: true }),
  attention(" causal, general", sizes(1, 3, 3, 6), { causal: true }),
  attention(" causal, more keys", sizes(2, 2, 8, 5, 11), { causal: true }),
  attention(" padded", sizes(3, 2, 4, 9), {}, padding(sizes(3, 2, 4, 9))),
  attention(" padded, causal", sizes(3, 2, 4, 6), { causal: true }, padding(sizes(3, 2, 4, 6))),
  attention(" dropout 0.1", sizes(2, 2, 4, 9), { dropout: probabilities.tenth }),
  attention(" dropout 0.5, general", sizes(2, 3, 3, 7), { dropout: probabilities.half }),
  attention(" dropout, causal", sizes(1, 2, 8, 4, 6), { causal: true, dropout: probabilities.half }),
];

/** General and by vec4, padded and causal, with dropout. */
const gradientBases: readonly OpCase[] = [
  attention("", sizes(2, 3, 4, 5)),
  attention(" padded, causal", sizes(3, 2, 4, 6), { causal: true }, padding(sizes(3, 2, 4, 6))),
  attention(" dropout 0.5, general", sizes(2, 3, 3, 7, 5), { dropout: probabilities.half }),
  attention(" dropout, causal", sizes(1, 2, 8, 4, 6), { causal: true, dropout: probabilities.half }),
];

const gradientsOf: readonly AttentionGradientAttributes["wanted"][] = [
  ["query", "key", "value"],
  ["query"],
  ["key"],
  ["value"],
  ["query", "value"],
];

/** The gradient at a case, given the results that attention has there. */
function gradientAt(
  { name, inputs, attributes }: OpCase,
  wanted: AttentionGradientAttributes["wanted"],
): OpCase {
  const results = attentionReferences.attention?.(
    inputs.map(({ shape, data }) => tensor64(shape, Array.from(data, Number))),
    attributes,
  );
  const asF32 = (index: number): HostTensor => ({
    shape: results?.[index]?.shape ?? [],
    dtype: "f32",
    data: Float32Array.from(results?.[index]?.data ?? []),
  });
  const [query, key, value, bias, ...noiseKey] = inputs as [HostTensor, HostTensor, HostTensor, HostTensor];
  const g = normal(query.shape)(createRandom(2024, `attentionGradient ${name}`));
  return {
    op: "attentionGradient",
    name: `${name} by ${wanted.join(", ")}`,
    inputs: [query, key, value, bias, asF32(0), asF32(1), g, ...noiseKey],
    attributes: { ...attributes, wanted },
    tolerance,
  };
}

/** f32 scores of this size are wrong in the sixth digit, and so are probabilities. */
const largeScores: OpCase = {
  ...attention(" large scores", sizes(1, 2, 4, 6), { scale: 30 }),
  tolerance: { relative: 2e-4, absolute: 2e-4 },
};

export const attentionCases: readonly OpCase[] = [
  ...forward,
  largeScores,
  ...gradientsOf.flatMap((wanted) => gradientBases.map((base) => gradientAt(base, wanted))),
];
