import type { AttentionAttributes, AttentionGradientAttributes } from "../../ops/attentionProblem.ts";
import { dropoutMaskReference } from "../../ops/dropout.ts";
import type { ReferenceOp } from "./reference.ts";
import { input, reference } from "./reference.ts";
import type { Tensor64 } from "./tensor64.ts";

interface Problem extends AttentionAttributes {
  readonly headSize: number;
  readonly queries: number;
  readonly keys: number;
  /** Element of q, k, v or anything of their layout. */
  readonly place: (row: number, length: number, token: number, head: number, element: number) => number;
  /** The largest score, 1 / the sum of powers, and probabilities before and after dropout, of one query. */
  readonly attend: (row: number, head: number, query: number) => AttendedQuery;
}

interface AttendedQuery {
  readonly largest: number;
  readonly inverseSum: number;
  readonly probabilities: Float64Array;
  /** Dropout's factors. */
  readonly factors: Float64Array;
}

function problemOf(
  inputs: readonly Tensor64[],
  attributes: AttentionAttributes,
  noiseKey: Tensor64 | null,
): Problem {
  const { rows, heads, scale, causal } = attributes;
  const [q, k, , bias] = [0, 1, 2, 3].map((index) => input(inputs, index)) as [
    Tensor64,
    Tensor64,
    Tensor64,
    Tensor64,
  ];
  const hidden = q.shape[1] as number;
  const headSize = hidden / heads;
  const queries = (q.shape[0] as number) / rows;
  const keys = (k.shape[0] as number) / rows;
  const place: Problem["place"] = (row, length, token, head, element) =>
    (row * length + token) * hidden + head * headSize + element;
  const mask =
    attributes.dropout === null || noiseKey === null
      ? null
      : dropoutMaskReference(rows * heads * queries * keys, noiseKey.data[0] as number, attributes.dropout);
  const attend = (row: number, head: number, query: number): AttendedQuery => {
    const scores = Float64Array.from({ length: keys }, (_, key) => {
      if (causal && key > query + keys - queries) return Number.NEGATIVE_INFINITY;
      let sum = 0;
      for (let element = 0; element < headSize; element++) {
        sum +=
          (q.data[place(row, queries, query, head, element)] as number) *
          (k.data[place(row, keys, key, head, element)] as number);
      }
      return scale * sum + (bias.data[row * keys + key] as number);
    });
    const largest = scores.reduce((most, score) => Math.max(most, score));
    const powers = scores.map((score) => Math.exp(score - largest));
    const inverseSum = 1 / powers.reduce((sum, power) => sum + power);
    const first = ((row * heads + head) * queries + query) * keys;
    return {
      largest,
      inverseSum,
      probabilities: powers.map((power) => power * inverseSum),
      factors: mask === null ? new Float64Array(keys).fill(1) : mask.subarray(first, first + keys),
    };
  };
  return { ...attributes, headSize, queries, keys, place, attend };
}

/** Calls `visit` for each query of each head of each row, in the order of the statistics. */
function eachQuery(
  { rows, heads, queries }: Problem,
  visit: (row: number, head: number, query: number) => void,
): void {
  for (let row = 0; row < rows; row++) {
    for (let head = 0; head < heads; head++) {
      for (let query = 0; query < queries; query++) visit(row, head, query);
    }
  }
}

function addTo(array: Float64Array, index: number, value: number): void {
  array[index] = (array[index] as number) + value;
}

/** Attention from its definition, with all probabilities of a query at hand. */
export const attentionReferences: Readonly<Record<string, ReferenceOp>> = {
  attention: reference<AttentionAttributes>((inputs, attributes) => {
    const problem = problemOf(inputs, attributes, inputs[4] ?? null);
    const { rows, heads, headSize, queries, keys, place, attend } = problem;
    const [q, v] = [input(inputs, 0), input(inputs, 2)];
    const context = new Float64Array(q.data.length);
    const statistics: number[] = [];
    eachQuery(problem, (row, head, query) => {
      const { largest, inverseSum, probabilities, factors } = attend(row, head, query);
      statistics.push(largest, inverseSum);
      for (let key = 0; key < keys; key++) {
        const weight = (probabilities[key] as number) * (factors[key] as number);
        for (let element = 0; element < headSize; element++) {
          const value = v.data[place(row, keys, key, head, element)] as number;
          addTo(context, place(row, queries, query, head, element), weight * value);
        }
      }
    });
    return [
      { shape: q.shape, data: context },
      { shape: [rows, heads, queries, 2], data: Float64Array.from(statistics) },
    ];
  }),
  // By the softmax's Jacobian `diag(p) - p pᵀ`; context and statistics, which the op is also given, are not looked at.
  attentionGradient: reference<AttentionGradientAttributes>((inputs, attributes) => {
    const problem = problemOf(inputs, attributes, inputs[7] ?? null);
    const { scale, headSize, queries, keys, place, attend } = problem;
    const [q, k, v, g] = [0, 1, 2, 6].map((index) => input(inputs, index)) as [
      Tensor64,
      Tensor64,
      Tensor64,
      Tensor64,
    ];
    const gradients = {
      query: { shape: q.shape, data: new Float64Array(q.data.length) },
      key: { shape: k.shape, data: new Float64Array(k.data.length) },
      value: { shape: v.shape, data: new Float64Array(v.data.length) },
    };
    eachQuery(problem, (row, head, query) => {
      const { probabilities, factors } = attend(row, head, query);
      const byProbability = factors.map((factor, key) => {
        let sum = 0;
        for (let element = 0; element < headSize; element++) {
          const gradient = g.data[place(row, queries, query, head, element)] as number;
          const keyPlace = place(row, keys, key, head, element);
          const weight = (probabilities[key] as number) * factor;
          addTo(gradients.value.data, keyPlace, weight * gradient);
          sum += gradient * (v.data[keyPlace] as number);
        }
        return factor * sum;
      });
      for (let key = 0; key < keys; key++) {
        const p = probabilities[key] as number;
        let byScore = 0;
        for (let other = 0; other < keys; other++) {
          const jacobian = (other === key ? p : 0) - p * (probabilities[other] as number);
          byScore += jacobian * (byProbability[other] as number);
        }
        for (let element = 0; element < headSize; element++) {
          const queryPlace = place(row, queries, query, head, element);
          const keyPlace = place(row, keys, key, head, element);
          addTo(gradients.query.data, queryPlace, scale * byScore * (k.data[keyPlace] as number));
          addTo(gradients.key.data, keyPlace, scale * byScore * (q.data[queryPlace] as number));
        }
      }
    });
    return attributes.wanted.map((operand) => gradients[operand]);
  }),
};
