import { elementCount } from "../../graph/spec.ts";
import type { KernelContext, KernelDispatch } from "../kernel.ts";
import { f32, gridOf, input, output, u32 } from "../kernel.ts";
import type { LayerNormAttributes } from "../layerNorm.ts";
import { mainPerRow, rowThreads, workgroupReduction } from "./source.ts";

function rowsOf({ inputs }: KernelContext<object>): { readonly rows: number; readonly width: number } {
  const shape = inputs[0]?.shape ?? [];
  const width = shape.at(-1) ?? 1;
  return { rows: elementCount(shape) / width, width };
}

/**
 * Layer normalization. A workgroup a row, two passes: the variance is that of the centred row, since
 * `mean(x²) - mean(x)²` loses all digits where the mean is large.
 */
export function layerNormKernel(context: KernelContext<LayerNormAttributes>): readonly KernelDispatch[] {
  const { rows, width } = rowsOf(context);
  const threads = rowThreads(width);
  return [
    {
      name: "layerNorm",
      wgsl: `// layerNorm: a workgroup a row; mean, then variance of the centred row, then the result.
${workgroupReduction("sumOf", "f32", threads, "left + right")}${mainPerRow(
  threads,
  `  let base = row * u.width;
  var sum = 0.0;
  for (var i = thread; i < u.width; i += ${threads}u) { sum += x[base + i]; }
  let centre = sumOf(sum, thread) * u.inverseWidth;
  var squares = 0.0;
  for (var i = thread; i < u.width; i += ${threads}u) {
    let distance = x[base + i] - centre;
    squares += distance * distance;
  }
  let factor = 1.0 / sqrt(sumOf(squares, thread) * u.inverseWidth + u.epsilon);
  for (var i = thread; i < u.width; i += ${threads}u) {
    y[base + i] = (x[base + i] - centre) * factor * gamma[i] + beta[i];
  }
  if (thread == 0u) {
    mean[row] = centre;
    inverseDeviation[row] = factor;
  }`,
)}`,
      bindings: [
        input(0, "x", "f32"),
        input(1, "gamma", "f32"),
        input(2, "beta", "f32"),
        output(0, "y", "f32"),
        output(1, "mean", "f32"),
        output(2, "inverseDeviation", "f32"),
      ],
      uniforms: [
        u32("rows", rows),
        u32("width", width),
        f32("inverseWidth", 1 / width),
        f32("epsilon", context.attributes.epsilon),
      ],
      workgroups: gridOf(rows, context.device),
    },
  ];
}

/** `s (h - mean(h) - n mean(h n))` with h = g gamma, n = (x - mean) s. A workgroup a row, both means in one pass. */
export function layerNormGradientKernel(context: KernelContext<object>): readonly KernelDispatch[] {
  const { rows, width } = rowsOf(context);
  const threads = rowThreads(width);
  return [
    {
      name: "layerNormGradient",
      wgsl: `// layerNormGradient: a workgroup a row; both row means in one pass.
${workgroupReduction("sumsOf", "vec2<f32>", threads, "left + right")}${mainPerRow(
  threads,
  `  let base = row * u.width;
  let centre = mean[row];
  let factor = inverseDeviation[row];
  var sums = vec2f(0.0);
  for (var i = thread; i < u.width; i += ${threads}u) {
    let h = g[base + i] * gamma[i];
    sums += vec2f(h, h * (x[base + i] - centre) * factor);
  }
  let means = sumsOf(sums, thread) * u.inverseWidth;
  for (var i = thread; i < u.width; i += ${threads}u) {
    let n = (x[base + i] - centre) * factor;
    dx[base + i] = factor * (g[base + i] * gamma[i] - means.x - n * means.y);
  }`,
)}`,
      bindings: [
        input(0, "x", "f32"),
        input(1, "gamma", "f32"),
        input(2, "mean", "f32"),
        input(3, "inverseDeviation", "f32"),
        input(4, "g", "f32"),
        output(0, "dx", "f32"),
      ],
      uniforms: [u32("rows", rows), u32("width", width), f32("inverseWidth", 1 / width)],
      workgroups: gridOf(rows, context.device),
    },
  ];
}
