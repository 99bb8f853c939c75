import type { KernelBinding, KernelDevice, KernelDispatch } from "../../kernel.ts";
import { gridOf, input } from "../../kernel.ts";
import { columnVector, loadColumns, loadRows, rowElement, STEPS, vectorLayouts } from "./operands.ts";
import type { InnerSplit, MatmulProblem } from "./problem.ts";
import { tileUniforms } from "./problem.ts";

/** Columns of one thread, in vec4s. */
const VECTORS = 2;
const TILE_ROWS = 4;
const TILE_COLUMNS = 4 * VECTORS;

/** Threads of a workgroup, as rows by columns of thread tiles. */
export interface ThreadGrid {
  readonly threadRows: number;
  readonly threadColumns: number;
}

export function registerTileSize({ threadRows, threadColumns }: ThreadGrid): {
  readonly rows: number;
  readonly columns: number;
} {
  return { rows: threadRows * TILE_ROWS, columns: threadColumns * TILE_COLUMNS };
}

/**
 * Strategy: a thread keeps a tile of 4 x 8 results in registers and reads what it needs straight from memory, four
 * steps of the inner axis at a time: 12 vec4 loads for 32 vec4 multiply-adds, no barriers, no workgroup memory.
 * Transposed operands are read as they lie. The grid of threads in a workgroup fits the shape: square in general, one
 * column of threads for a tall and skinny result (rank-r sides), one row for a short and wide one.
 * Limits: edges are computed twice and stored once; operands whose contiguous axis is not divisible by 4 are read
 * element by element.
 */
export function registerTileKernel(
  name: string,
  problem: MatmulProblem,
  grid: ThreadGrid,
  split: InnerSplit,
  result: KernelBinding,
  device: KernelDevice,
  vectorize: boolean,
): KernelDispatch {
  const layouts = vectorLayouts(problem, vectorize);
  const isVectorResult = result.elements === "vec4<f32>";
  const a = loadRows({ problem, isVector: layouts.a });
  const b = loadColumns({ problem, isVector: layouts.b }, VECTORS);
  const vectors = Array.from({ length: VECTORS }, (_, vector) => vector);
  const tiles = STEPS.flatMap((r) => vectors.map((v) => [r, v] as const));

  const accumulate = STEPS.flatMap((t) =>
    vectors.flatMap((v) => [
      `    let right${t}_${v} = ${columnVector(problem, v, t)};`,
      ...STEPS.map((r) => `    sum${r}_${v} += ${rowElement(problem, r, t)} * right${t}_${v};`),
    ]),
  );
  const store = tiles.map(([r, v]) => {
    const column = `column0 + ${4 * v}u`;
    const place = `(slice * u.rows + row0 + ${r}u) * u.columns + ${column}`;
    if (isVectorResult) {
      return `  if (row0 + ${r}u < u.rows && ${column} < u.columns) { product[(${place}) / 4u] = u.scale * sum${r}_${v}; }`;
    }
    return STEPS.map(
      (c) =>
        `  if (row0 + ${r}u < u.rows && ${column} + ${c}u < u.columns) { product[${place} + ${c}u] = u.scale * sum${r}_${v}[${c}]; }`,
    ).join("\n");
  });
  const size = registerTileSize(grid);
  const tileRows = Math.ceil(problem.rows / size.rows);
  const tileColumns = Math.ceil(problem.columns / size.columns);
  const count = tileRows * tileColumns * problem.batch * split.splits;
  return {
    name,
    wgsl: `// ${name}: a thread keeps 4 x 8 results in registers; ${grid.threadRows} x ${grid.threadColumns} threads a workgroup.
@compute @workgroup_size(${grid.threadRows * grid.threadColumns})
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) grid: vec3u,
        @builtin(local_invocation_index) thread: u32) {
  let tile = workgroup.y * grid.x + workgroup.x;
  if (tile >= u.tiles) { return; }
  let tileRow = (tile / u.tileColumns) % u.tileRows;
  let slice = tile / (u.tileColumns * u.tileRows);
  let batch = slice % u.batch;
  let first = (slice / u.batch) * u.chunk;
  let end = min(first + u.chunk, u.inner);
  let row0 = (tileRow * ${grid.threadRows}u + thread / ${grid.threadColumns}u) * ${TILE_ROWS}u;
  let column0 = ((tile % u.tileColumns) * ${grid.threadColumns}u + thread % ${grid.threadColumns}u) * ${TILE_COLUMNS}u;
  if (row0 >= u.rows || column0 >= u.columns) { return; }
${a.before}
${b.before}
${tiles.map(([r, v]) => `  var sum${r}_${v} = vec4f(0.0);`).join("\n")}
  for (var k = first; k < end; k += 4u) {
${a.inside}
${b.inside}
${accumulate.join("\n")}
  }
${store.join("\n")}
}
`,
    bindings: [
      input(0, "a", layouts.a ? "vec4<f32>" : "f32"),
      input(1, "b", layouts.b ? "vec4<f32>" : "f32"),
      { ...result, name: "product" },
    ],
    uniforms: tileUniforms(problem, split, { count, rows: tileRows, columns: tileColumns }),
    workgroups: gridOf(count, device),
  };
}
