import { elementCount } from "../../graph/spec.ts";
import type { KernelContext, KernelDispatch } from "../kernel.ts";
import { gridOf, input, output, u32 } from "../kernel.ts";
import { LOWEST, mainPerRow, rowThreads, workgroupReduction } from "./source.ts";

function rowsOf({ inputs }: KernelContext<object>): { readonly rows: number; readonly width: number } {
  const shape = inputs[0]?.shape ?? [];
  const width = shape.at(-1) ?? 1;
  return { rows: elementCount(shape) / width, width };
}

/** exp of what lies below the row's maximum; what f32 would round to 0 is 0, without relying on exp near underflow. */
export const POWER_BELOW = `
fn powerBelow(difference: f32) -> f32 {
  return select(0.0, exp(max(difference, -87.0)), difference > -87.0);
}
`;

/** Softmax. A workgroup a row: maximum, sum of powers, quotient; powers wait in the result between the passes. */
export function softmaxKernel(context: KernelContext<object>): readonly KernelDispatch[] {
  const { rows, width } = rowsOf(context);
  const threads = rowThreads(width);
  return [
    {
      name: "softmax",
      wgsl: `// softmax: a workgroup a row.
${POWER_BELOW}${workgroupReduction("largestOf", "f32", threads, "max(left, right)")}${workgroupReduction(
  "sumOf",
  "f32",
  threads,
  "left + right",
)}${mainPerRow(
  threads,
  `  let base = row * u.width;
  var largest = ${LOWEST};
  for (var i = thread; i < u.width; i += ${threads}u) { largest = max(largest, x[base + i]); }
  largest = largestOf(largest, thread);
  var sum = 0.0;
  for (var i = thread; i < u.width; i += ${threads}u) {
    let power = powerBelow(x[base + i] - largest);
    y[base + i] = power;
    sum += power;
  }
  let factor = 1.0 / sumOf(sum, thread);
  for (var i = thread; i < u.width; i += ${threads}u) { y[base + i] *= factor; }`,
)}`,
      bindings: [input(0, "x", "f32"), output(0, "y", "f32")],
      uniforms: [u32("rows", rows), u32("width", width)],
      workgroups: gridOf(rows, context.device),
    },
  ];
}

/** `y (g - sum(g y))`. A workgroup a row. */
export function softmaxGradientKernel(context: KernelContext<object>): readonly KernelDispatch[] {
  const { rows, width } = rowsOf(context);
  const threads = rowThreads(width);
  return [
    {
      name: "softmaxGradient",
      wgsl: `// softmaxGradient: a workgroup a row.
${workgroupReduction("sumOf", "f32", threads, "left + right")}${mainPerRow(
  threads,
  `  let base = row * u.width;
  var sum = 0.0;
  for (var i = thread; i < u.width; i += ${threads}u) { sum += y[base + i] * g[base + i]; }
  let total = sumOf(sum, thread);
  for (var i = thread; i < u.width; i += ${threads}u) {
    dx[base + i] = y[base + i] * (g[base + i] - total);
  }`,
)}`,
      bindings: [input(0, "y", "f32"), input(1, "g", "f32"), output(0, "dx", "f32")],
      uniforms: [u32("rows", rows), u32("width", width)],
      workgroups: gridOf(rows, context.device),
    },
  ];
}
