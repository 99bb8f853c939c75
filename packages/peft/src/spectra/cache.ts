import { createHash, randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
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

const CHECKSUM_BYTES = 32;

/**
 * Keeps decompositions as files in a folder, by the checksum of the weight, its shape, the rank and the version of the
 * algorithm. A file holds float64 numbers behind their sha256: one that is cut off or changed is computed again. Several
 * processes may share the folder: files appear whole or not at all.
 */
export function createSpectrumCache(folder: string): SpectrumCache {
  const kept = (
    matrix: NamedMatrix,
    what: string,
    count: number,
    compute: () => Float64Array,
  ): Float64Array => {
    const file = join(folder, `${keyOf(matrix, what)}.f64`);
    const found = readChecked(file, count);
    if (found !== null) return found;
    const made = compute();
    write(folder, file, made);
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

function readChecked(file: string, count: number): Float64Array | null {
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(readFileSync(file));
  } catch {
    return null;
  }
  const content = bytes.slice(CHECKSUM_BYTES);
  const isWhole =
    content.byteLength === count * 8 && checksum(content).equals(bytes.subarray(0, CHECKSUM_BYTES));
  return isWhole ? new Float64Array(content.buffer) : null;
}

function write(folder: string, file: string, values: Float64Array): void {
  const content = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const temporary = `${file}.${randomUUID()}`;
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(temporary, Buffer.concat([checksum(content), content]));
    renameSync(temporary, file);
  } catch {
    // A cache that cannot be written (a full or read-only disk) costs time, nothing else.
    try {
      rmSync(temporary, { force: true });
    } catch {}
  }
}

function checksum(content: Uint8Array): Buffer {
  return createHash("sha256").update(content).digest();
}
