import { elementCount } from "../../graph/spec.ts";
import type { KernelBinding, KernelContext, KernelDevice, KernelDispatch, KernelUniform } from "../kernel.ts";
import { f32, gridOf, input, output, scratch, u32 } from "../kernel.ts";
import type { ReductionAttributes, ReductionName } from "../reduce.ts";
import { collapseAxes, coordinatesWgsl, rowMajorStrides } from "./axes.ts";
import {
  ELEMENT_THREADS,
  LOWEST,
  mainPerElement,
  mainPerRow,
  rowThreads,
  workgroupReduction,
} from "./source.ts";

const COMBINE: Readonly<Record<ReductionName, { readonly start: string; readonly combine: string }>> = {
  sum: { start: "0.0", combine: "left + right" },
  mean: { start: "0.0", combine: "left + right" },
  max: { start: LOWEST, combine: "max(left, right)" },
};

/** Rows of a column sum that one thread adds up, where there are fewer columns than threads to keep busy. */
const ROWS_A_CHUNK = 32;
/** A second level of chunks is not worth its dispatch below this many columns' worth of work. */
const BUSY_THREADS = 8192;
/** Length from which one row is cut into chunks, each the work of one workgroup. */
const LONG_ROW = 8192;

/**
 * Sum, mean or maximum over any axes, in an order that depends on shapes alone. Neighbouring axes are merged first;
 * what is left is one of:
 * - rows [kept, reduced]: a workgroup a row (cut into chunks where there are few long rows);
 * - columns [kept, reduced, kept]: a thread a column, which reads what its neighbours read beside it (cut into chunks of
 *   rows where there are few columns), so that a bias gradient neither waits for one thread nor needs a transpose;
 * - anything else: a thread an element of the result, walking the reduced axes by strides.
 */
export function reductionKernel(
  name: ReductionName,
  { inputs, outputs, attributes, device }: KernelContext<ReductionAttributes>,
): readonly KernelDispatch[] {
  const shape = inputs[0]?.shape ?? [];
  const { axes } = attributes;
  const strides = rowMajorStrides(shape);
  const reducedOf = shape.map((_, axis) => (axes.includes(axis) ? 0 : 1));
  const kind = groupsOf(shape, reducedOf);
  const reducedCount = axes.reduce((total, axis) => total * (shape[axis] as number), 1);
  const scale = name === "mean" ? 1 / reducedCount : 1;
  const count = elementCount(outputs[0]?.shape ?? []);
  const pattern = kind.map((group) => (group.kept ? "K" : "R")).join("");
  const size = (index: number): number => kind[index]?.size ?? 1;
  const from = input(0, "x", "f32");
  const to = output(0, "y", "f32");
  switch (pattern) {
    case "":
    case "K":
      return [columns(name, from, to, { outer: 1, length: 1, inner: count }, scale, device)];
    case "R":
      return rows(name, from, to, 1, size(0), scale, device);
    case "KR":
      return rows(name, from, to, size(0), size(1), scale, device);
    case "RK":
      return chunkedColumns(name, { outer: 1, length: size(0), inner: size(1) }, scale, device);
    case "KRK":
      return chunkedColumns(name, { outer: size(0), length: size(1), inner: size(2) }, scale, device);
    default:
      return [strided(name, shape, strides, reducedOf, scale, device)];
  }
}

interface Group {
  readonly kept: boolean;
  readonly size: number;
}

/** Runs of kept and of reduced axes, in order, without axes of size 1. */
function groupsOf(shape: readonly number[], reducedOf: readonly number[]): readonly Group[] {
  const groups: Group[] = [];
  shape.forEach((size, axis) => {
    if (size === 1) return;
    const kept = reducedOf[axis] === 1;
    const before = groups.at(-1);
    if (before?.kept === kept) groups[groups.length - 1] = { kept, size: before.size * size };
    else groups.push({ kept, size });
  });
  return groups;
}

function rows(
  name: ReductionName,
  from: KernelBinding,
  to: KernelBinding,
  count: number,
  length: number,
  scale: number,
  device: KernelDevice,
): readonly KernelDispatch[] {
  const chunks = length < LONG_ROW || count >= 64 ? 1 : Math.min(64, Math.ceil(length / 4096));
  if (chunks === 1) return [oneRowAWorkgroup(name, from, to, count, 1, length, scale, device)];
  const partial = scratch(count * chunks * 4, "partial", "f32");
  return [
    oneRowAWorkgroup(name, from, { ...partial, name: "y" }, count, chunks, length, 1, device),
    oneRowAWorkgroup(name, { ...partial, name: "x" }, to, count, 1, chunks, scale, device),
  ];
}

function oneRowAWorkgroup(
  name: ReductionName,
  from: KernelBinding,
  to: KernelBinding,
  count: number,
  chunks: number,
  length: number,
  scale: number,
  device: KernelDevice,
): KernelDispatch {
  const { start, combine } = COMBINE[name];
  const chunk = Math.ceil(length / chunks);
  const threads = rowThreads(chunk);
  return {
    name: `${name} of rows`,
    wgsl: `// ${name} of rows: a workgroup a row (or a chunk of one); strided reads, then a tree in workgroup memory.
${workgroupReduction("reduceAll", "f32", threads, combine)}${mainPerRow(
  threads,
  `  let first = (row % u.chunks) * u.chunk;
  let base = (row / u.chunks) * u.length;
  let end = min(first + u.chunk, u.length);
  var left = ${start};
  for (var i = first + thread; i < end; i += ${threads}u) {
    let right = x[base + i];
    left = ${combine};
  }
  let total = reduceAll(left, thread);
  if (thread == 0u) { y[row] = total * u.scale; }`,
)}`,
    bindings: [from, to],
    uniforms: [
      u32("rows", count * chunks),
      u32("chunks", chunks),
      u32("chunk", chunk),
      u32("length", length),
      f32("scale", scale),
    ],
    workgroups: gridOf(count * chunks, device),
  };
}

interface ColumnShape {
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
}

function chunkedColumns(
  name: ReductionName,
  shape: ColumnShape,
  scale: number,
  device: KernelDevice,
): readonly KernelDispatch[] {
  const { outer, length, inner } = shape;
  const from = input(0, "x", "f32");
  const to = output(0, "y", "f32");
  const wanted = Math.min(Math.ceil(length / ROWS_A_CHUNK), Math.ceil(BUSY_THREADS / (outer * inner)));
  // Every chunk but the last is full, and none is empty.
  const chunk = Math.ceil(length / wanted);
  const chunks = Math.ceil(length / chunk);
  if (chunks <= 1) return [columns(name, from, to, shape, scale, device)];
  const partial = scratch(outer * chunks * inner * 4, "partial", "f32");
  return [
    columnChunks(name, from, { ...partial, name: "y" }, shape, chunk, chunks, 1, device),
    columns(name, { ...partial, name: "x" }, to, { outer, length: chunks, inner }, scale, device),
  ];
}

function columns(
  name: ReductionName,
  from: KernelBinding,
  to: KernelBinding,
  shape: ColumnShape,
  scale: number,
  device: KernelDevice,
): KernelDispatch {
  return columnChunks(name, from, to, shape, shape.length, 1, scale, device);
}

function columnChunks(
  name: ReductionName,
  from: KernelBinding,
  to: KernelBinding,
  { outer, length, inner }: ColumnShape,
  chunk: number,
  chunks: number,
  scale: number,
  device: KernelDevice,
): KernelDispatch {
  const { start, combine } = COMBINE[name];
  const count = outer * chunks * inner;
  return {
    name: `${name} of columns`,
    wgsl: `// ${name} of columns: a thread walks down one column (or a chunk of one) of [outer, length, inner].
${mainPerElement(`  let column = index % u.inner;
  let place = index / u.inner;
  let first = (place % u.chunks) * u.chunk;
  let base = (place / u.chunks) * u.length;
  let end = min(first + u.chunk, u.length);
  var left = ${start};
  for (var i = first; i < end; i++) {
    let right = x[(base + i) * u.inner + column];
    left = ${combine};
  }
  y[index] = left * u.scale;`)}`,
    bindings: [from, to],
    uniforms: [
      u32("count", count),
      u32("inner", inner),
      u32("chunks", chunks),
      u32("chunk", chunk),
      u32("length", length),
      f32("scale", scale),
    ],
    workgroups: gridOf(Math.ceil(count / ELEMENT_THREADS), device),
  };
}

/** The kept or the reduced axes of a tensor. */
interface PartialWalk {
  readonly sizes: readonly number[];
  readonly strides: readonly number[];
}

function strided(
  name: ReductionName,
  shape: readonly number[],
  strides: readonly number[],
  reducedOf: readonly number[],
  scale: number,
  device: KernelDevice,
): KernelDispatch {
  const { start, combine } = COMBINE[name];
  const part = (kept: number): PartialWalk => {
    const own = shape.flatMap((_, axis) => (reducedOf[axis] === kept ? [axis] : []));
    const walk = collapseAxes({
      sizes: own.map((axis) => shape[axis] as number),
      strides: [own.map((axis) => strides[axis] as number)],
    });
    return { sizes: walk.sizes, strides: walk.strides[0] ?? [] };
  };
  const [kept, reduced] = [part(1), part(0)];
  const count = kept.sizes.reduce((total, size) => total * size, 1);
  const length = reduced.sizes.reduce((total, size) => total * size, 1);
  const offsetFunction = (walk: PartialWalk, prefix: string): string => `
fn ${prefix}Offset(index: u32) -> u32 {
${coordinatesWgsl(walk.sizes.length, `${prefix}Size`)}
  return ${walk.strides.map((_, axis) => `i${axis} * u.${prefix}Stride${axis}`).join(" + ")};
}
`;
  const uniformsOf = (walk: PartialWalk, prefix: string): readonly KernelUniform[] => [
    ...walk.sizes.slice(1).map((size, axis) => u32(`${prefix}Size${axis + 1}`, size)),
    ...walk.strides.map((stride, axis) => u32(`${prefix}Stride${axis}`, stride)),
  ];
  return {
    name: `${name} by strides`,
    wgsl: `// ${name} by strides: a thread an element of the result; kept and reduced axes alternate.
${offsetFunction(kept, "kept")}${offsetFunction(reduced, "reduced")}${mainPerElement(`  let base = keptOffset(index);
  var left = ${start};
  for (var i = 0u; i < u.length; i++) {
    let right = x[base + reducedOffset(i)];
    left = ${combine};
  }
  y[index] = left * u.scale;`)}`,
    bindings: [input(0, "x", "f32"), output(0, "y", "f32")],
    uniforms: [
      u32("count", count),
      u32("length", length),
      f32("scale", scale),
      ...uniformsOf(kept, "kept"),
      ...uniformsOf(reduced, "reduced"),
    ],
    workgroups: gridOf(Math.ceil(count / ELEMENT_THREADS), device),
  };
}
