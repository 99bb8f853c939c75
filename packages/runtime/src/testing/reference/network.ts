import type { DropoutAttributes } from "../../ops/dropout.ts";
import { dropoutMaskReference } from "../../ops/dropout.ts";
import type { EmbeddingAttributes, EmbeddingGradientAttributes } from "../../ops/embedding.ts";
import type { LayerNormAttributes } from "../../ops/layerNorm.ts";
import type { ReferenceOp } from "./reference.ts";
import { input, reference } from "./reference.ts";
import { fromRows, rowsOf } from "./tensor64.ts";

function logSumExp(row: Float64Array): number {
  const largest = row.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  return largest + Math.log(row.reduce((sum, value) => sum + Math.exp(value - largest), 0));
}

function softmaxOf(row: Float64Array): Float64Array {
  // Not by logSumExp, which at the huge negative logits of masked rows rounds the logarithm away.
  const largest = row.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const powers = row.map((value) => Math.exp(value - largest));
  const total = powers.reduce((sum, value) => sum + value, 0);
  return powers.map((value) => value / total);
}

function mean(row: Float64Array): number {
  return row.reduce((sum, value) => sum + value, 0) / row.length;
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] as number), 0);
}

function inverseDeviation(row: Float64Array, epsilon: number): number {
  const centre = mean(row);
  return 1 / Math.sqrt(mean(row.map((value) => (value - centre) ** 2)) + epsilon);
}

/** Softmax, layer normalization, embedding, loss and dropout, with the ops that only backward uses. */
export const networkReferences: Readonly<Record<string, ReferenceOp>> = {
  softmax: reference((inputs) => [fromRows(input(inputs, 0).shape, rowsOf(input(inputs, 0)).map(softmaxOf))]),
  // Row by row the product of g with the Jacobian `diag(y) - y yᵀ`.
  softmaxGradient: reference((inputs) => {
    const [y, g] = [rowsOf(input(inputs, 0)), rowsOf(input(inputs, 1))];
    const rows = y.map((row, index) => {
      const gradient = g[index] as Float64Array;
      return row.map((yi, i) =>
        row.reduce((sum, yj, j) => sum + (gradient[j] as number) * ((i === j ? yi : 0) - yi * yj), 0),
      );
    });
    return [fromRows(input(inputs, 0).shape, rows)];
  }),
  layerNorm: reference<LayerNormAttributes>((inputs, { epsilon }) => {
    const [x, gamma, beta] = [input(inputs, 0), input(inputs, 1), input(inputs, 2)];
    const rows = rowsOf(x);
    const normalized = rows.map((row) => {
      const [centre, factor] = [mean(row), inverseDeviation(row, epsilon)];
      return row.map(
        (value, i) => (value - centre) * factor * (gamma.data[i] as number) + (beta.data[i] as number),
      );
    });
    const statistics = [...x.shape.slice(0, -1), 1];
    return [
      fromRows(x.shape, normalized),
      fromRows(
        statistics,
        rows.map((row) => [mean(row)]),
      ),
      fromRows(
        statistics,
        rows.map((row) => [inverseDeviation(row, epsilon)]),
      ),
    ];
  }),
  // Row by row the product of h = g gamma with the Jacobian `s (I - 1/N - n nᵀ/N)`.
  layerNormGradient: reference((inputs) => {
    const [x, gamma, means, factors, g] = [0, 1, 2, 3, 4].map((index) => input(inputs, index)) as [
      ReturnType<typeof input>,
      ReturnType<typeof input>,
      ReturnType<typeof input>,
      ReturnType<typeof input>,
      ReturnType<typeof input>,
    ];
    const gradients = rowsOf(g);
    const rows = rowsOf(x).map((row, index) => {
      const [centre, factor] = [means.data[index] as number, factors.data[index] as number];
      const n = row.map((value) => (value - centre) * factor);
      const h = (gradients[index] as Float64Array).map((value, i) => value * (gamma.data[i] as number));
      const [sum, projection] = [h.reduce((a, b) => a + b, 0), dot(h, n)];
      return h.map((value, i) => factor * (value - (sum + (n[i] as number) * projection) / row.length));
    });
    return [fromRows(x.shape, rows)];
  }),
  embedding: reference<EmbeddingAttributes>((inputs, { window }) => {
    const [table, indices] = [input(inputs, 0), input(inputs, 1)];
    const rows = rowsOf(table);
    return [
      fromRows(
        [indices.data.length, table.shape[1] as number],
        Array.from(
          indices.data,
          (index) => rows[index - (window?.firstRow ?? 0)] ?? new Float64Array(table.shape[1] as number),
        ),
      ),
    ];
  }),
  embeddingGradient: reference<EmbeddingGradientAttributes>((inputs, { rows, window }) => {
    const [indices, g] = [input(inputs, 0), input(inputs, 1)];
    const width = g.shape[1] as number;
    const data = new Float64Array(rows * width);
    for (const [from, row] of rowsOf(g).entries()) {
      const target = (indices.data[from] as number) - (window?.firstRow ?? 0);
      if (window !== undefined && (target < 0 || target >= rows)) continue;
      const start = target * width;
      for (const [column, value] of row.entries())
        data[start + column] = (data[start + column] as number) + value;
    }
    return [{ shape: [rows, width], data }];
  }),
  crossEntropy: reference((inputs) => {
    const [logits, labels] = [input(inputs, 0), input(inputs, 1)];
    const losses = rowsOf(logits).map(
      (row, index) => logSumExp(row) - (row[labels.data[index] as number] as number),
    );
    return [{ shape: labels.shape, data: Float64Array.from(losses) }];
  }),
  crossEntropyGradient: reference((inputs) => {
    const [logits, labels, g] = [input(inputs, 0), input(inputs, 1), input(inputs, 2)];
    const rows = rowsOf(logits).map((row, index) =>
      softmaxOf(row).map(
        (p, column) => (p - (column === labels.data[index] ? 1 : 0)) * (g.data[index] as number),
      ),
    );
    return [fromRows(logits.shape, rows)];
  }),
  dropout: reference<DropoutAttributes>((inputs, attributes) => {
    const [x, key] = [input(inputs, 0), input(inputs, 1)];
    const mask = dropoutMaskReference(x.data.length, key.data[0] as number, attributes);
    return [{ shape: x.shape, data: x.data.map((value, index) => value * (mask[index] as number)) }];
  }),
};
