import type { KernelContext, KernelDispatch } from "../kernel.ts";
import { gridOf, input, output, u32 } from "../kernel.ts";
import { POWER_BELOW } from "./softmax.ts";
import { LOWEST, mainPerRow, rowThreads, workgroupReduction } from "./source.ts";

function statistics(threads: number): string {
  return `${POWER_BELOW}${workgroupReduction("largestOf", "f32", threads, "max(left, right)")}${workgroupReduction(
    "sumOf",
    "f32",
    threads,
    "left + right",
  )}`;
}

const ROW_STATISTICS = (threads: number): string => `  let base = row * u.classes;
  var largest = ${LOWEST};
  for (var i = thread; i < u.classes; i += ${threads}u) { largest = max(largest, logits[base + i]); }
  largest = largestOf(largest, thread);
  var powers = 0.0;
  for (var i = thread; i < u.classes; i += ${threads}u) { powers += powerBelow(logits[base + i] - largest); }
  let sum = sumOf(powers, thread);`;

/** `log(sum(exp(row))) - row[label]`. A workgroup a row. */
export function crossEntropyKernel({ inputs, device }: KernelContext<object>): readonly KernelDispatch[] {
  const [rows = 1, classes = 1] = inputs[0]?.shape ?? [];
  const threads = rowThreads(classes);
  return [
    {
      name: "crossEntropy",
      wgsl: `// crossEntropy: a workgroup a row; the maximum is taken out before powers are summed.
${statistics(threads)}${mainPerRow(
  threads,
  `${ROW_STATISTICS(threads)}
  if (thread == 0u) {
    loss[row] = log(sum) + (largest - logits[base + u32(labels[row])]);
  }`,
)}`,
      bindings: [input(0, "logits", "f32"), input(1, "labels", "i32"), output(0, "loss", "f32")],
      uniforms: [u32("rows", rows), u32("classes", classes)],
      workgroups: gridOf(rows, device),
    },
  ];
}

/** `(softmax(row) - onehot(label)) g[row]`. A workgroup a row. */
export function crossEntropyGradientKernel({
  inputs,
  device,
}: KernelContext<object>): readonly KernelDispatch[] {
  const [rows = 1, classes = 1] = inputs[0]?.shape ?? [];
  const threads = rowThreads(classes);
  return [
    {
      name: "crossEntropyGradient",
      wgsl: `// crossEntropyGradient: a workgroup a row, which computes the row's softmax again.
${statistics(threads)}${mainPerRow(
  threads,
  `${ROW_STATISTICS(threads)}
  let label = u32(labels[row]);
  let factor = 1.0 / sum;
  for (var i = thread; i < u.classes; i += ${threads}u) {
    let probability = powerBelow(logits[base + i] - largest) * factor;
    dLogits[base + i] = (probability - select(0.0, 1.0, i == label)) * g[row];
  }`,
)}`,
      bindings: [
        input(0, "logits", "f32"),
        input(1, "labels", "i32"),
        input(2, "g", "f32"),
        output(0, "dLogits", "f32"),
      ],
      uniforms: [u32("rows", rows), u32("classes", classes)],
      workgroups: gridOf(rows, device),
    },
  ];
}
