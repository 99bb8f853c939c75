import { elementCount } from "../../graph/spec.ts";
import type { GradientNormAttributes } from "../gradientNorm.ts";
import type { KernelContext, KernelDispatch } from "../kernel.ts";
import { f32, gridOf, input, output, scratch, u32 } from "../kernel.ts";
import { mainPerRow, workgroupReduction } from "./source.ts";

const THREADS = 64;
/** Elements that one workgroup sums. */
const CHUNK = 4096;
/** A larger norm is taken as what it is and not clipped; stands for "no limit". */
const NO_LIMIT = 3.4e38;

/**
 * Global norm of any number of gradients. A dispatch a gradient, a workgroup a chunk of it, each leaving its sum of
 * squares and whether it met a number that is not finite; then one workgroup sums them all. WGSL does not promise NaN
 * or infinity, so they are told by their bits. Squares are summed in f32: a norm above 1.8e19 counts as not finite.
 */
export function gradientNormKernel(
  { inputs, attributes, device }: KernelContext<GradientNormAttributes>,
  clipEpsilon: number,
): readonly KernelDispatch[] {
  const counts = inputs.map(({ shape }) => elementCount(shape));
  const chunkCounts = counts.map((count) => Math.ceil(count / CHUNK));
  const total = chunkCounts.reduce((sum, count) => sum + count, 0);
  const partial = scratch(total * 8, "partial", "vec2<f32>");
  const sums = workgroupReduction("sumsOf", "vec2<f32>", THREADS, "left + right");
  let start = 0;
  const squares = inputs.map((_, index): KernelDispatch => {
    const chunks = chunkCounts[index] as number;
    const dispatch: KernelDispatch = {
      name: "gradientNorm: squares",
      wgsl: `// gradientNorm: a workgroup a chunk of one gradient; x: sum of squares, y: how many are not finite.
${sums}${mainPerRow(
  THREADS,
  `  let end = min((row + 1u) * ${CHUNK}u, u.count);
  var own = vec2f(0.0);
  for (var i = row * ${CHUNK}u + thread; i < end; i += ${THREADS}u) {
    let value = g[i];
    let isFinite = (bitcast<u32>(value) & 0x7f800000u) != 0x7f800000u;
    own += select(vec2f(0.0, 1.0), vec2f(value * value, 0.0), isFinite);
  }
  let result = sumsOf(own, thread);
  if (thread == 0u) { partial[u.start + row] = result; }`,
)}`,
      bindings: [input(index, "g", "f32"), partial],
      uniforms: [u32("rows", chunks), u32("count", counts[index] as number), u32("start", start)],
      workgroups: gridOf(chunks, device),
    };
    start += chunks;
    return dispatch;
  });
  return [
    ...squares,
    {
      name: "gradientNorm: total",
      wgsl: `// gradientNorm: one workgroup sums all chunks.
${sums}${mainPerRow(
  THREADS,
  `  var own = vec2f(0.0);
  for (var i = thread; i < u.count; i += ${THREADS}u) { own += partial[i]; }
  let result = sumsOf(own, thread);
  if (thread == 0u) {
    let sumIsFinite = (bitcast<u32>(result.x) & 0x7f800000u) != 0x7f800000u;
    let isFinite = sumIsFinite && result.y == 0.0;
    norm[0] = select(bitcast<f32>(u.nanBits), sqrt(result.x), isFinite);
    scale[0] = min(1.0, u.maxNorm / (sqrt(result.x) + u.epsilon));
    finite[0] = select(0.0, 1.0, isFinite);
  }`,
)}`,
      bindings: [partial, output(0, "norm", "f32"), output(1, "scale", "f32"), output(2, "finite", "f32")],
      uniforms: [
        u32("rows", 1),
        u32("count", total),
        f32("maxNorm", attributes.maxNorm ?? NO_LIMIT),
        f32("epsilon", clipEpsilon),
        // WGSL refuses a literal that is not finite.
        u32("nanBits", 0x7fc00000),
      ],
      workgroups: [1, 1, 1],
    },
  ];
}
