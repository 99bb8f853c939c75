import type { KernelBinding, KernelDevice, KernelDispatch, WgslElement } from "../../kernel.ts";
import { gridOf, input } from "../../kernel.ts";
import { COMPONENTS, guarded, STEPS, vectorLayouts } from "./operands.ts";
import type { InnerSplit, MatmulProblem } from "./problem.ts";
import { tileUniforms } from "./problem.ts";

/** What one subgroup computes: `rows` rows by `laneColumns` neighbouring columns a lane. */
export interface SubgroupTile {
  readonly rows: 8 | 16 | 32;
  readonly laneColumns: LaneColumns;
}

export type LaneColumns = 1 | 2 | 4;

/** The type of one lane's columns. */
const LANE_TYPES = { 1: "f32", 2: "vec2<f32>", 4: "vec4<f32>" } as const;

export function subgroupTileSize(
  { rows, laneColumns }: SubgroupTile,
  subgroupSize: number,
): { readonly rows: number; readonly columns: number } {
  return { rows, columns: laneColumns * subgroupSize };
}

/** Whether kernels can be made for such subgroups at all: those with 32 rows. */
export function suitsSubgroup(subgroupSize: number | null): subgroupSize is number {
  return subgroupSize !== null && subgroupSize >= 4 && 32 % subgroupSize === 0;
}

/** The vec4s of a's part, as many as the tile has rows, are shared out evenly among the lanes. */
export function suitsTile({ rows }: Pick<SubgroupTile, "rows">, subgroupSize: number): boolean {
  return rows % subgroupSize === 0;
}

/** The type in which the result is stored: a lane's columns at once where no row ends within them. */
export function subgroupResultType(
  { columns }: MatmulProblem,
  { laneColumns }: SubgroupTile,
  vectorize: boolean,
): WgslElement {
  return vectorize && columns % laneColumns === 0 ? LANE_TYPES[laneColumns] : "f32";
}

/**
 * Strategy: one subgroup computes up to 32 rows by one, two or four columns a lane. For four steps of the inner axis,
 * the vec4s of a are read once by the subgroup, each lane its share, and spread to all lanes by `subgroupBroadcast` with
 * a constant lane; each lane reads its own columns of b. On eight lanes, 32 rows and four columns that is 4 + 4 loads
 * for 512 multiply-adds a lane, without barriers or workgroup memory.
 * Limits: subgroups of one known size that divides 32; a workgroup is one subgroup; edges are computed and not stored.
 * On llvmpipe a vec4 load is 1.6 kB of code, and the loop is slow where it no longer fits into 32 kB: more rows, columns
 * or steps at once lose there.
 */
export function subgroupBroadcastKernel(
  name: string,
  problem: MatmulProblem,
  tile: SubgroupTile,
  subgroupSize: number,
  split: InnerSplit,
  result: KernelBinding,
  device: KernelDevice,
  vectorize: boolean,
): KernelDispatch {
  const { transposeA, transposeB } = problem;
  const { laneColumns } = tile;
  const layouts = vectorLayouts(problem, vectorize);
  const laneType = LANE_TYPES[laneColumns];
  const isWhole = vectorize && problem.columns % laneColumns === 0;
  const a = shareOfRows(problem, tile.rows, subgroupSize, layouts.a);
  const b = ownColumns(problem, laneColumns, transposeB ? layouts.b : isWhole);
  const rows = Array.from({ length: tile.rows }, (_, row) => row);
  const rowVectors = tile.rows / 4;

  // Vector v of a's part is row v with four steps or, transposed, one step with four rows.
  const accumulate = rows.flatMap((v) => {
    const spread = `    let left${v} = subgroupBroadcast(share${Math.floor(v / subgroupSize)}, ${v % subgroupSize}u);`;
    const terms = transposeA
      ? STEPS.map(
          (r) =>
            `    sum${4 * (v % rowVectors) + r} += left${v}.${COMPONENTS[r]} * step${Math.floor(v / rowVectors)};`,
        )
      : [`    sum${v} += ${STEPS.map((t) => `left${v}.${COMPONENTS[t]} * step${t}`).join(" + ")};`];
    return [spread, ...terms];
  });
  const size = subgroupTileSize(tile, subgroupSize);
  const needsRowCheck = problem.rows % size.rows !== 0;
  const needsColumnCheck = problem.columns % size.columns !== 0;
  const storeIf = (r: number, c: number, store: string): string => {
    const checks = [
      ...(needsRowCheck ? [`row0 + ${r}u < u.rows`] : []),
      ...(needsColumnCheck ? [`column0 + ${c}u < u.columns`] : []),
    ];
    return checks.length === 0 ? `  ${store}` : `  if (${checks.join(" && ")}) { ${store} }`;
  };
  const store = rows.flatMap((r) => {
    const place = `(slice * u.rows + row0 + ${r}u) * u.columns + column0`;
    if (result.elements === laneType) {
      const index = laneColumns === 1 ? place : `(${place}) / ${laneColumns}u`;
      return [storeIf(r, 0, `product[${index}] = u.scale * sum${r};`)];
    }
    return STEPS.slice(0, laneColumns).map((c) =>
      storeIf(r, c, `product[${place} + ${c}u] = u.scale * sum${r}.${COMPONENTS[c]};`),
    );
  });
  const tileRows = Math.ceil(problem.rows / size.rows);
  const tileColumns = Math.ceil(problem.columns / size.columns);
  const count = tileRows * tileColumns * problem.batch * split.splits;
  return {
    name,
    wgsl: `enable subgroups;
// ${name}: a subgroup of ${subgroupSize} lanes computes ${tile.rows} rows by ${laneColumns} columns a lane; rows of a are spread by broadcast.
@compute @workgroup_size(${subgroupSize})
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) grid: vec3u,
        @builtin(subgroup_invocation_id) lane: u32) {
  let tile = workgroup.y * grid.x + workgroup.x;
  if (tile >= u.tiles) { return; }
  let tileRow = (tile / u.tileColumns) % u.tileRows;
  let slice = tile / (u.tileColumns * u.tileRows);
  let batch = slice % u.batch;
  let first = (slice / u.batch) * u.chunk;
  let end = min(first + u.chunk, u.inner);
  let row0 = tileRow * ${tile.rows}u;
  let column0 = ((tile % u.tileColumns) * ${subgroupSize}u + lane) * ${laneColumns}u;
${a.before}
${b.before}
${rows.map((r) => `  var sum${r} = ${laneType}();`).join("\n")}
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
      input(1, "b", transposeB ? (layouts.b ? "vec4<f32>" : "f32") : isWhole ? laneType : "f32"),
      { ...result, name: "product" },
    ],
    uniforms: tileUniforms(problem, split, { count, rows: tileRows, columns: tileColumns }),
    workgroups: gridOf(count, device),
  };
}

interface Loads {
  readonly before: string;
  readonly inside: string;
}

/** The lane's share of the vec4s of a, as many as the tile has rows: `share0`, `share1`, ... */
function shareOfRows(
  problem: MatmulProblem,
  tileRows: number,
  subgroupSize: number,
  isVector: boolean,
): Loads {
  const shares = Array.from({ length: tileRows / subgroupSize }, (_, share) => share);
  const rowVectors = tileRows / 4;
  const vectorOf = (share: number): string => `(${share * subgroupSize}u + lane)`;
  if (!problem.transposeA) {
    const unit = isVector ? "(u.inner / 4u)" : "u.inner";
    return {
      before: shares
        .map((s) => `  let aRow${s} = (batch * u.rows + min(row0 + ${vectorOf(s)}, u.rows - 1u)) * ${unit};`)
        .join("\n"),
      inside: shares
        .map((s) => {
          const value = isVector
            ? `a[aRow${s} + k / 4u]`
            : `vec4f(${STEPS.map((t) => guarded(problem, t, "0.0", (k) => `a[aRow${s} + ${k}]`)).join(", ")})`;
          return `    let share${s} = ${value};`;
        })
        .join("\n"),
    };
  }
  const before = shares.flatMap((s) => [
    `  let aStep${s} = ${vectorOf(s)} / ${rowVectors}u;`,
    isVector
      ? `  let aPlace${s} = min(row0 / 4u + ${vectorOf(s)} % ${rowVectors}u, u.rows / 4u - 1u);`
      : `  let aPlace${s} = row0 + (${vectorOf(s)} % ${rowVectors}u) * 4u;`,
  ]);
  const inside = shares.map((s) => {
    const step = `min(k + aStep${s}, u.inner - 1u)`;
    const value = isVector
      ? `a[(batch * u.inner + ${step}) * (u.rows / 4u) + aPlace${s}]`
      : `vec4f(${STEPS.map(
          (r) => `a[(batch * u.inner + ${step}) * u.rows + min(aPlace${s} + ${r}u, u.rows - 1u)]`,
        ).join(", ")})`;
    return `    let share${s} = select(vec4f(0.0), ${value}, k + aStep${s} < u.inner);`;
  });
  return { before: before.join("\n"), inside: inside.join("\n") };
}

/** The lane's columns of b at four steps: `step0` to `step3`. */
function ownColumns(problem: MatmulProblem, laneColumns: LaneColumns, isVector: boolean): Loads {
  const columns = STEPS.slice(0, laneColumns);
  const laneType = LANE_TYPES[laneColumns];
  const lane = (parts: readonly string[]): string =>
    laneColumns === 1 ? (parts[0] ?? "") : `${laneType}(${parts.join(", ")})`;
  if (problem.transposeB) {
    const unit = isVector ? "(u.inner / 4u)" : "u.inner";
    const load = (c: number): string =>
      isVector
        ? `b[bRow${c} + k / 4u]`
        : `vec4f(${STEPS.map((t) => guarded(problem, t, "0.0", (k) => `b[bRow${c} + ${k}]`)).join(", ")})`;
    return {
      before: columns
        .map((c) => `  let bRow${c} = (batch * u.columns + min(column0 + ${c}u, u.columns - 1u)) * ${unit};`)
        .join("\n"),
      inside: [
        ...columns.map((c) => `    let own${c} = ${load(c)};`),
        ...STEPS.map((t) => `    let step${t} = ${lane(columns.map((c) => `own${c}.${COMPONENTS[t]}`))};`),
      ].join("\n"),
    };
  }
  const before = isVector
    ? `  let bPlace = min(column0 / ${laneColumns}u, u.columns / ${laneColumns}u - 1u);`
    : columns.map((c) => `  let bPlace${c} = min(column0 + ${c}u, u.columns - 1u);`).join("\n");
  const inside = STEPS.map((t) => {
    const value = isVector
      ? guarded(
          problem,
          t,
          `${laneType}()`,
          (k) => `b[(batch * u.inner + ${k}) * (u.columns / ${laneColumns}u) + bPlace]`,
        )
      : lane(
          columns.map((c) =>
            guarded(problem, t, "0.0", (k) => `b[(batch * u.inner + ${k}) * u.columns + bPlace${c}]`),
          ),
        );
    return `    let step${t} = ${value};`;
  });
  return { before, inside: inside.join("\n") };
}
