import { createHash } from "node:crypto";
import { createFileCache } from "@peftbench/runtime";
import type { NamedMatrix, TruncatedSvd } from "./truncatedSvd.ts";
import { SVD_VERSION } from "./truncatedSvd.ts";

/** Where decompositions are kept beyond a process. */
export interface SpectrumCache {
  readonly truncatedSvd: (
    matrix: NamedMatrix,
    rank: number,
    compute: (matrix: NamedMatrix, rank: number) => TruncatedSvd,
  ) => TruncatedSvd;
  readonly singularValues: (
    matrix: NamedMatrix,
    compute: (matrix: NamedMatrix) => Float64Array,
  ) => Float64Array;
}

/** Computes every time. */
export const noCache: SpectrumCache = {
  truncatedSvd: (matrix, rank, compute) => compute(matrix, rank),
  singularValues: (matrix, compute) => compute(matrix),
};

/**
 * Keeps decompositions as files in a folder, by the checksum of the weight, its shape, the rank and the version of the
 * algorithm. A file holds float64 numbers; one that is cut off or changed is computed again.
 */
export function createSpectrumCache(folder: string): SpectrumCache {
  const files = createFileCache(folder);
  const kept = (
    matrix: NamedMatrix,
    what: string,
    count: number,
    compute: () => Float64Array,
  ): Float64Array => {
    const name = `${keyOf(matrix, what)}.f64`;
    const found = files.read(name);
    if (found?.byteLength === count * Float64Array.BYTES_PER_ELEMENT) return new Float64Array(found.buffer);
    const made = compute();
    files.write(name, new Uint8Array(made.buffer, made.byteOffset, made.byteLength));
    return made;
  };
  return {
    truncatedSvd: (matrix, rank, compute) => {
      const { rows, columns } = matrix;
      const count = rank * (1 + rows + columns);
      const all = kept(matrix, `svd ${rank}`, count, () => {
        const { singularValues, u, v } = compute(matrix, rank);
        return Float64Array.from([...singularValues, ...u, ...v]);
      });
      return {
        singularValues: all.slice(0, rank),
        u: all.slice(rank, rank + rows * rank),
        v: all.slice(rank + rows * rank),
      };
    },
    singularValues: (matrix, compute) =>
      kept(matrix, "values", Math.min(matrix.rows, matrix.columns), () => compute(matrix)),
  };
}

function keyOf({ values, rows, columns }: NamedMatrix, what: string): string {
  return createHash("sha256")
    .update(`${SVD_VERSION} ${rows} ${columns} ${what}\n`)
    .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    .digest("hex");
}
