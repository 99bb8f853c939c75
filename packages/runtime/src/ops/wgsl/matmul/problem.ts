import type { KernelContext, KernelDispatch } from "../../kernel.ts";
import { f32, u32 } from "../../kernel.ts";
import type { MatmulAttributes } from "../../matmul.ts";

/** `scale * op(a) @ op(b)`: `batch` products of [rows, inner] by [inner, columns]. */
export interface MatmulProblem {
  readonly batch: number;
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
  /** a lies in memory as [inner, rows]. */
  readonly transposeA: boolean;
  /** b lies in memory as [columns, inner]. */
  readonly transposeB: boolean;
  readonly scale: number;
}

export function problemOf({ inputs, outputs, attributes }: KernelContext<MatmulAttributes>): MatmulProblem {
  const { transposeA, transposeB, scale } = attributes;
  const shape = outputs[0]?.shape ?? [];
  const [rows = 1, columns = 1] = shape.slice(-2);
  return {
    batch: shape.slice(0, -2).reduce((product, size) => product * size, 1),
    rows,
    columns,
    inner: inputs[0]?.shape.at(transposeA ? -2 : -1) ?? 1,
    transposeA,
    transposeB,
    scale,
  };
}

/** How the sum over `inner` is cut into parts that run beside each other. */
export interface InnerSplit {
  readonly splits: number;
  /** Length of all parts but the last, a multiple of 4. */
  readonly chunk: number;
}

/** Cuts into at most `wanted` parts, none of which is empty. */
export function splitInner(inner: number, wanted: number): InnerSplit {
  const chunk = Math.ceil(Math.ceil(inner / wanted) / 4) * 4;
  return { splits: Math.ceil(inner / chunk), chunk };
}

/** The numbers that every tiled kernel is given, in the order of its uniforms. `tiles` counts tiles of the result. */
export function tileUniforms(
  problem: MatmulProblem,
  split: InnerSplit,
  tiles: { readonly count: number; readonly rows: number; readonly columns: number },
): KernelDispatch["uniforms"] {
  return [
    u32("tiles", tiles.count),
    u32("tileRows", tiles.rows),
    u32("tileColumns", tiles.columns),
    u32("batch", problem.batch),
    u32("rows", problem.rows),
    u32("inner", problem.inner),
    u32("columns", problem.columns),
    u32("chunk", split.chunk),
    f32("scale", problem.scale),
  ];
}
