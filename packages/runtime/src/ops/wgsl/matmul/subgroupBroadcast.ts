import type { KernelBinding, KernelDevice, KernelDispatch } from "../../kernel.ts";
import { gridOf, input } from "../../kernel.ts";
import { COMPONENTS, guarded, STEPS, vectorLayouts } from "./operands.ts";
import type { InnerSplit, MatmulProblem } from "./problem.ts";
import { tileUniforms } from "./problem.ts";

const TILE_ROWS = 32;
const COLUMNS_A_LANE = 2;

export function subgroupTileSize(subgroupSize: number): { readonly rows: number; readonly columns: number } {
  return { rows: TILE_ROWS, columns: COLUMNS_A_LANE * subgroupSize };
}

/** Whether the kernel can be made: the 32 vec4s of a's part are shared out evenly among the lanes. */
export function suitsSubgroup(subgroupSize: number | null): subgroupSize is number {
  return subgroupSize !== null && subgroupSize >= 4 && TILE_ROWS % subgroupSize === 0;
}

/**
 * Strategy: one subgroup computes 32 rows by two columns a lane. For four steps of the inner axis, the 32 vec4s of a
 * are read once by the subgroup, each lane its share, and spread to all lanes by `subgroupBroadcast` with a constant
 * lane; each lane reads its own two columns of b. On eight lanes that is 4 + 4 loads for 256 multiply-adds a lane,
 * without barriers or workgroup memory.
 * Limits: subgroups of one known size that divides 32; a workgroup is one subgroup; edges are computed and not stored.
 */
export function subgroupBroadcastKernel(
  name: string,
  problem: MatmulProblem,
  subgroupSize: number,
  split: InnerSplit,
  result: KernelBinding,
  device: KernelDevice,
  vectorize: boolean,
): KernelDispatch {
  const { transposeA, transposeB } = problem;
  const layouts = vectorLayouts(problem, vectorize);
  const isPair = vectorize && problem.columns % 2 === 0;
  const a = shareOfRows(problem, subgroupSize, layouts.a);
  const b = ownColumns(problem, transposeB ? layouts.b : isPair);
  const rows = Array.from({ length: TILE_ROWS }, (_, row) => row);

  // Vector v of a's part is row v with four steps or, transposed, step v / 8 with rows 4 (v % 8) to 4 (v % 8) + 3.
  const accumulate = rows.flatMap((v) => {
    const spread = `    let left${v} = subgroupBroadcast(share${Math.floor(v / subgroupSize)}, ${v % subgroupSize}u);`;
    const terms = transposeA
      ? STEPS.map((r) => `    sum${4 * (v % 8) + r} += left${v}.${COMPONENTS[r]} * step${Math.floor(v / 8)};`)
      : [`    sum${v} += ${STEPS.map((t) => `left${v}.${COMPONENTS[t]} * step${t}`).join(" + ")};`];
    return [spread, ...terms];
  });
  const isPairResult = result.elements === "vec2<f32>";
  const store = rows.map((r) => {
    const place = `(slice * u.rows + row0 + ${r}u) * u.columns + column0`;
    return isPairResult
      ? `  if (row0 + ${r}u < u.rows && column0 < u.columns) { product[(${place}) / 2u] = u.scale * sum${r}; }`
      : `  if (row0 + ${r}u < u.rows && column0 < u.columns) { product[${place}] = u.scale * sum${r}.x; }
  if (row0 + ${r}u < u.rows && column0 + 1u < u.columns) { product[${place} + 1u] = u.scale * sum${r}.y; }`;
  });
  const size = subgroupTileSize(subgroupSize);
  const tileRows = Math.ceil(problem.rows / size.rows);
  const tileColumns = Math.ceil(problem.columns / size.columns);
  const count = tileRows * tileColumns * problem.batch * split.splits;
  return {
    name,
    wgsl: `enable subgroups;
// ${name}: a subgroup of ${subgroupSize} lanes computes 32 rows by 2 columns a lane; rows of a are spread by broadcast.
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
  let row0 = tileRow * ${TILE_ROWS}u;
  let column0 = ((tile % u.tileColumns) * ${subgroupSize}u + lane) * ${COLUMNS_A_LANE}u;
${a.before}
${b.before}
${rows.map((r) => `  var sum${r} = vec2f(0.0);`).join("\n")}
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
      input(1, "b", transposeB ? (layouts.b ? "vec4<f32>" : "f32") : isPair ? "vec2<f32>" : "f32"),
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

/** The lane's share of the 32 vec4s of a: `share0`, `share1`, ... */
function shareOfRows(problem: MatmulProblem, subgroupSize: number, isVector: boolean): Loads {
  const shares = Array.from({ length: TILE_ROWS / subgroupSize }, (_, share) => share);
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
    `  let aStep${s} = ${vectorOf(s)} / 8u;`,
    isVector
      ? `  let aPlace${s} = min(row0 / 4u + ${vectorOf(s)} % 8u, u.rows / 4u - 1u);`
      : `  let aPlace${s} = row0 + (${vectorOf(s)} % 8u) * 4u;`,
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

/** The lane's two columns of b at four steps: `step0` to `step3`. */
function ownColumns(problem: MatmulProblem, isVector: boolean): Loads {
  const pair = [0, 1] as const;
  if (problem.transposeB) {
    const unit = isVector ? "(u.inner / 4u)" : "u.inner";
    const load = (c: number): string =>
      isVector
        ? `b[bRow${c} + k / 4u]`
        : `vec4f(${STEPS.map((t) => guarded(problem, t, "0.0", (k) => `b[bRow${c} + ${k}]`)).join(", ")})`;
    return {
      before: pair
        .map((c) => `  let bRow${c} = (batch * u.columns + min(column0 + ${c}u, u.columns - 1u)) * ${unit};`)
        .join("\n"),
      inside: [
        ...pair.map((c) => `    let own${c} = ${load(c)};`),
        ...STEPS.map((t) => `    let step${t} = vec2f(own0.${COMPONENTS[t]}, own1.${COMPONENTS[t]});`),
      ].join("\n"),
    };
  }
  const before = isVector
    ? "  let bPlace = min(column0 / 2u, u.columns / 2u - 1u);"
    : pair.map((c) => `  let bPlace${c} = min(column0 + ${c}u, u.columns - 1u);`).join("\n");
  const inside = STEPS.map((t) => {
    const value = isVector
      ? guarded(problem, t, "vec2f(0.0)", (k) => `b[(batch * u.inner + ${k}) * (u.columns / 2u) + bPlace]`)
      : `vec2f(${pair
          .map((c) =>
            guarded(problem, t, "0.0", (k) => `b[(batch * u.inner + ${k}) * u.columns + bPlace${c}]`),
          )
          .join(", ")})`;
    return `    let step${t} = ${value};`;
  });
  return { before, inside: inside.join("\n") };
}
