import type { DType, Shape, TensorSpec } from "../../graph/spec.ts";
import { elementCount } from "../../graph/spec.ts";
import type { ConcatAttributes } from "../concat.ts";
import type { KernelContext, KernelDevice, KernelDispatch, WgslElement } from "../kernel.ts";
import { gridOf, input, output, u32 } from "../kernel.ts";
import type { PadZerosAttributes, SliceAttributes } from "../slice.ts";
import { broadcastStrides, collapseAxes, coordinatesWgsl, rowMajorStrides } from "./axes.ts";
import { ELEMENT_THREADS, mainPerElement } from "./source.ts";

/** The WGSL type of one element, or of four neighbours. f16 is not moved by these kernels. */
export function elementOf(dtype: DType, isVector: boolean): WgslElement {
  const scalar = dtype === "i32" || dtype === "u32" ? dtype : "f32";
  return isVector ? `vec4<${scalar}>` : scalar;
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total * size, 1);
}

/**
 * `y[i] = x[start + strides · i]`: slices, broadcasts, and what transposes have no better way for. One thread an element of the result, or a vec4
 * where the last axis is contiguous in both and everything is divisible by 4.
 */
export function stridedCopy(
  op: string,
  spec: TensorSpec,
  strides: readonly number[],
  start: number,
  { device, vectorize }: KernelContext<object>,
): readonly KernelDispatch[] {
  const walk = collapseAxes({ sizes: spec.shape, strides: [strides] });
  const [sizes, own] = [walk.sizes, walk.strides[0] ?? []];
  const last = sizes.length - 1;
  const isVector =
    vectorize &&
    own[last] === 1 &&
    start % 4 === 0 &&
    (sizes[last] as number) % 4 === 0 &&
    own.slice(0, last).every((stride) => stride % 4 === 0);
  const width = isVector ? 4 : 1;
  const count = elementCount(spec.shape) / width;
  const element = elementOf(spec.dtype, isVector);
  const terms = own.map((_, axis) => `i${axis} * u.stride${axis}`);
  return [
    {
      name: op,
      wgsl: `// ${op}: one ${element} of the result a thread, read at a strided place.
${mainPerElement(`${coordinatesWgsl(sizes.length)}
  y[index] = x[u.start + ${terms.join(" + ")}];`)}`,
      bindings: [input(0, "x", element), output(0, "y", element)],
      uniforms: [
        u32("count", count),
        u32("start", start / width),
        ...sizes
          .slice(1)
          .map((size, axis) => u32(`size${axis + 1}`, axis + 1 === last ? size / width : size)),
        ...own.map((stride, axis) => u32(`stride${axis}`, axis === last ? stride : stride / width)),
      ],
      workgroups: gridOf(Math.ceil(count / ELEMENT_THREADS), device),
    },
  ];
}

function specOf(specs: readonly TensorSpec[], index: number): TensorSpec {
  return specs[index] as TensorSpec;
}

export function sliceKernel(context: KernelContext<SliceAttributes>): readonly KernelDispatch[] {
  const strides = rowMajorStrides(specOf(context.inputs, 0).shape);
  const { axis, start } = context.attributes;
  return stridedCopy(
    "slice",
    specOf(context.outputs, 0),
    strides,
    start * (strides[axis] as number),
    context,
  );
}

export function broadcastToKernel(context: KernelContext<object>): readonly KernelDispatch[] {
  const { shape } = specOf(context.inputs, 0);
  const result = specOf(context.outputs, 0);
  return stridedCopy("broadcastTo", result, broadcastStrides(shape, result.shape), 0, context);
}

/** A tensor as [outer, axis, inner] around one axis. */
function around(shape: Shape, axis: number): { readonly outer: number; readonly inner: number } {
  return { outer: product(shape.slice(0, axis)), inner: product(shape.slice(axis + 1)) };
}

/** Zeros around one axis. One thread an element of the result (a vec4 where `inner` is divisible by 4). */
export function padZerosKernel(context: KernelContext<PadZerosAttributes>): readonly KernelDispatch[] {
  const { axis, before } = context.attributes;
  const [from, to] = [specOf(context.inputs, 0).shape, specOf(context.outputs, 0).shape];
  const { inner } = around(from, axis);
  const isVector = context.vectorize && inner % 4 === 0;
  const width = isVector ? 4 : 1;
  const element = elementOf("f32", isVector);
  const count = elementCount(to) / width;
  return [
    {
      name: "padZeros",
      wgsl: `// padZeros: one ${element} of the result a thread; the tensor is [outer, axis, inner].
${mainPerElement(`  let column = index % u.inner;
  let place = index / u.inner;
  let row = place % u.padded;
  let outer = place / u.padded;
  if (row < u.before || row >= u.before + u.length) {
    y[index] = ${element}(0.0);
  } else {
    y[index] = x[(outer * u.length + row - u.before) * u.inner + column];
  }`)}`,
      bindings: [input(0, "x", element), output(0, "y", element)],
      uniforms: [
        u32("count", count),
        u32("inner", inner / width),
        u32("length", from[axis] as number),
        u32("padded", to[axis] as number),
        u32("before", before),
      ],
      workgroups: gridOf(Math.ceil(count / ELEMENT_THREADS), context.device),
    },
  ];
}

/** Concatenation. One dispatch an input, each writing its own part of the result, one thread an element. */
export function concatKernel(context: KernelContext<ConcatAttributes>): readonly KernelDispatch[] {
  const { axis } = context.attributes;
  const total = specOf(context.outputs, 0).shape[axis] as number;
  let start = 0;
  return context.inputs.map((spec, index) => {
    const length = spec.shape[axis] as number;
    const part = concatPart(index, spec, axis, start, total, context.vectorize, context.device);
    start += length;
    return part;
  });
}

function concatPart(
  index: number,
  { shape, dtype }: TensorSpec,
  axis: number,
  start: number,
  total: number,
  vectorize: boolean,
  device: KernelDevice,
): KernelDispatch {
  const { inner } = around(shape, axis);
  const length = shape[axis] as number;
  // A block is what lies together: `length` entries of the axis with all that is inside them.
  const isVector =
    vectorize && (inner * length) % 4 === 0 && (inner * start) % 4 === 0 && (inner * total) % 4 === 0;
  const width = isVector ? 4 : 1;
  const element = elementOf(dtype, isVector);
  const count = elementCount(shape) / width;
  return {
    name: "concat",
    wgsl: `// concat: one ${element} of one input a thread.
${mainPerElement("  y[(index / u.block) * u.stride + u.start + index % u.block] = x[index];")}`,
    bindings: [input(index, "x", element), output(0, "y", element)],
    uniforms: [
      u32("count", count),
      u32("block", (inner * length) / width),
      u32("stride", (inner * total) / width),
      u32("start", (inner * start) / width),
    ],
    workgroups: gridOf(Math.ceil(count / ELEMENT_THREADS), device),
  };
}
