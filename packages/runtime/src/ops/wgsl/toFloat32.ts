import { elementCount } from "../../graph/spec.ts";
import type { KernelContext, KernelDispatch } from "../kernel.ts";
import { gridOf, input, output, u32 } from "../kernel.ts";
import { ELEMENT_THREADS, mainPerElement } from "./source.ts";

/** A copy, one element or vec4 a thread: what is stored as f16 is converted by being read. */
export function toFloat32Kernel({
  outputs,
  device,
  vectorize,
}: KernelContext<object>): readonly KernelDispatch[] {
  const elements = elementCount(outputs[0]?.shape ?? []);
  const isVector = vectorize && elements % 4 === 0;
  const element = isVector ? "vec4<f32>" : "f32";
  const count = isVector ? elements / 4 : elements;
  return [
    {
      name: "toFloat32",
      wgsl: `// toFloat32: one ${element} a thread.\n${mainPerElement("  y[index] = x[index];")}`,
      bindings: [input(0, "x", element), output(0, "y", element)],
      uniforms: [u32("count", count)],
      workgroups: gridOf(Math.ceil(count / ELEMENT_THREADS), device),
    },
  ];
}
