import type { TensorSpec } from "../../graph/spec.ts";
import { elementCount } from "../../graph/spec.ts";
import type { KernelContext, KernelDispatch, KernelUniform } from "../kernel.ts";
import { gridOf, input, output, u32 } from "../kernel.ts";
import type { TransposeAttributes } from "../transpose.ts";
import { collapseAxes, coordinatesWgsl, rowMajorStrides } from "./axes.ts";
import { elementOf, stridedCopy } from "./copy.ts";
import { ELEMENT_THREADS, mainPerElement, mainPerRow } from "./source.ts";

/** Side of a square that a workgroup turns in its memory, and how many of its rows its threads move at a time. */
const TILE = 32;
const TILE_ROWS = 8;
/** The longest run, in vec4, that one thread copies: above it there is enough to do for a thread each vec4. */
const LONGEST_RUN = 32;

/**
 * Strategy by what becomes of the last axis. Where it stays, runs of it are copied: on a CPU a thread a run, since taking
 * a place apart into coordinates costs more than the copy; on a GPU a thread a vec4, neighbours beside each other. Where
 * it moves, whatever is read in one piece is written with gaps: a GPU turns squares in workgroup memory, a CPU 4 x 4
 * blocks in registers.
 */
export function transposeKernel(context: KernelContext<TransposeAttributes>): readonly KernelDispatch[] {
  const { inputs, outputs, attributes, device } = context;
  const [from, to] = [inputs[0] as TensorSpec, outputs[0] as TensorSpec];
  const strides = rowMajorStrides(from.shape);
  const moved = attributes.permutation.map((axis) => strides[axis] as number);
  const { sizes, strides: collapsed } = collapseAxes({ sizes: to.shape, strides: [moved] });
  const read = collapsed[0] ?? [];
  const last = sizes.length - 1;
  if (read[last] === 1) {
    const run = (sizes[last] as number) / 4;
    const isRuns = context.vectorize && last > 0 && Number.isInteger(run) && run <= LONGEST_RUN;
    return device.isSoftware && isRuns
      ? runCopy(to, sizes, read, context)
      : stridedCopy("transpose", to, moved, 0, context);
  }
  const plane = planeOf(sizes, read);
  if (!device.isSoftware) return tiledTranspose(to, plane, context);
  const isBlocks = context.vectorize && plane.rows % 4 === 0 && plane.columns % 4 === 0;
  return isBlocks ? blockTranspose(to, plane, context) : stridedCopy("transpose", to, moved, 0, context);
}

/** One thread a run of vec4 along the last axis. */
function runCopy(
  { shape, dtype }: TensorSpec,
  sizes: readonly number[],
  read: readonly number[],
  { device }: KernelContext<object>,
): readonly KernelDispatch[] {
  const outer = sizes.slice(0, -1);
  const run = (sizes.at(-1) as number) / 4;
  const count = elementCount(shape) / 4 / run;
  const element = elementOf(dtype, true);
  const terms = outer.map((_, axis) => `i${axis} * u.stride${axis}`);
  return [
    {
      name: "transpose: runs",
      wgsl: `// transpose: the last axis stays; one thread copies a run of it.
${mainPerElement(`${coordinatesWgsl(outer.length)}
  let start = ${terms.join(" + ")};
  for (var k = 0u; k < u.run; k++) { y[index * u.run + k] = x[start + k]; }`)}`,
      bindings: [input(0, "x", element), output(0, "y", element)],
      uniforms: [
        u32("count", count),
        u32("run", run),
        ...outer.slice(1).map((size, axis) => u32(`size${axis + 1}`, size)),
        ...outer.map((_, axis) => u32(`stride${axis}`, (read[axis] as number) / 4)),
      ],
      workgroups: gridOf(Math.ceil(count / ELEMENT_THREADS), device),
    },
  ];
}

/**
 * A transpose as many of matrices: the input's last axis (the columns of what is read, contiguous there) and the result's
 * (its rows, contiguous in what is written), for each place of the other axes.
 */
interface Plane {
  readonly rows: number;
  readonly columns: number;
  /** From a row to the next in the input, from a column to the next in the result. */
  readonly rowStride: number;
  readonly columnStride: number;
  readonly others: readonly { readonly size: number; readonly from: number; readonly to: number }[];
}

function planeOf(sizes: readonly number[], read: readonly number[]): Plane {
  const written = rowMajorStrides(sizes);
  const last = sizes.length - 1;
  const column = read.indexOf(1);
  const axes = sizes.map((size, axis) => ({
    size,
    from: read[axis] as number,
    to: written[axis] as number,
  }));
  return {
    rows: sizes[last] as number,
    columns: sizes[column] as number,
    rowStride: read[last] as number,
    columnStride: written[column] as number,
    others: axes.filter((_, axis) => axis !== last && axis !== column),
  };
}

/** WGSL of `source` and `place`, the first places of matrix number `matrix`; strides are in units of `unit` elements. */
function matrixStart({ others }: Plane, unit: number): { wgsl: string; uniforms: readonly KernelUniform[] } {
  const lines = ["  var rest = matrix;", "  var source = 0u;", "  var place = 0u;"];
  for (let axis = others.length - 1; axis >= 0; axis--) {
    lines.push(
      `  source += (rest % u.size${axis}) * u.from${axis};`,
      `  place += (rest % u.size${axis}) * u.to${axis};`,
      `  rest = rest / u.size${axis};`,
    );
  }
  const uniforms = others.flatMap(({ size, from, to }, axis) => [
    u32(`size${axis}`, size),
    u32(`from${axis}`, from / unit),
    u32(`to${axis}`, to / unit),
  ]);
  return { wgsl: lines.join("\n"), uniforms };
}

function matrixCount({ others }: Plane): number {
  return others.reduce((product, { size }) => product * size, 1);
}

function tiledTranspose(
  { dtype }: TensorSpec,
  plane: Plane,
  { device }: KernelContext<object>,
): readonly KernelDispatch[] {
  const { rows, columns, rowStride, columnStride } = plane;
  const [down, across] = [Math.ceil(rows / TILE), Math.ceil(columns / TILE)];
  const tiles = down * across * matrixCount(plane);
  const start = matrixStart(plane, 1);
  const element = elementOf(dtype, false);
  return [
    {
      name: "transpose: tiles",
      // A row of the tile is one longer than needed: else a column of it would lie in one bank of the memory.
      wgsl: `// transpose: a workgroup turns a ${TILE} x ${TILE} square.
var<workgroup> tile: array<${element}, ${TILE * (TILE + 1)}>;
${mainPerRow(
  TILE * TILE_ROWS,
  `  let firstRow = (row % u.down) * ${TILE}u;
  let firstColumn = ((row / u.down) % u.across) * ${TILE}u;
  let matrix = row / u.down / u.across;
${start.wgsl}
  let near = thread % ${TILE}u;
  let far = thread / ${TILE}u;
  for (var k = far; k < ${TILE}u; k += ${TILE_ROWS}u) {
    let r = firstRow + k;
    let c = firstColumn + near;
    if (r < u.matrixRows && c < u.matrixColumns) { tile[k * ${TILE + 1}u + near] = x[source + r * u.rowStride + c]; }
  }
  workgroupBarrier();
  for (var k = far; k < ${TILE}u; k += ${TILE_ROWS}u) {
    let r = firstRow + near;
    let c = firstColumn + k;
    if (r < u.matrixRows && c < u.matrixColumns) { y[place + c * u.columnStride + r] = tile[near * ${TILE + 1}u + k]; }
  }`,
)}`,
      bindings: [input(0, "x", element), output(0, "y", element)],
      uniforms: [
        u32("rows", tiles),
        u32("down", down),
        u32("across", across),
        u32("matrixRows", rows),
        u32("matrixColumns", columns),
        u32("rowStride", rowStride),
        u32("columnStride", columnStride),
        ...start.uniforms,
      ],
      workgroups: gridOf(tiles, device),
    },
  ];
}

function blockTranspose(
  { dtype }: TensorSpec,
  plane: Plane,
  { device }: KernelContext<object>,
): readonly KernelDispatch[] {
  const { rows, columns, rowStride, columnStride } = plane;
  const count = (rows / 4) * (columns / 4) * matrixCount(plane);
  const start = matrixStart(plane, 4);
  const element = elementOf(dtype, true);
  return [
    {
      name: "transpose: blocks",
      wgsl: `// transpose: one thread turns a 4 x 4 block.
${mainPerElement(`  let down = index % u.down;
  let across = (index / u.down) % u.across;
  let matrix = index / u.down / u.across;
${start.wgsl}
  source += down * 4u * u.rowStride + across;
  place += across * 4u * u.columnStride + down;
  let a = x[source];
  let b = x[source + u.rowStride];
  let c = x[source + 2u * u.rowStride];
  let d = x[source + 3u * u.rowStride];
  y[place] = ${element}(a.x, b.x, c.x, d.x);
  y[place + u.columnStride] = ${element}(a.y, b.y, c.y, d.y);
  y[place + 2u * u.columnStride] = ${element}(a.z, b.z, c.z, d.z);
  y[place + 3u * u.columnStride] = ${element}(a.w, b.w, c.w, d.w);`)}`,
      bindings: [input(0, "x", element), output(0, "y", element)],
      uniforms: [
        u32("count", count),
        u32("down", rows / 4),
        u32("across", columns / 4),
        u32("rowStride", rowStride / 4),
        u32("columnStride", columnStride / 4),
        ...start.uniforms,
      ],
      workgroups: gridOf(Math.ceil(count / ELEMENT_THREADS), device),
    },
  ];
}
