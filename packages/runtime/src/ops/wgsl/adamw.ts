import { elementCount } from "../../graph/spec.ts";
import type { AdamWAttributes } from "../adamw.ts";
import type { KernelContext, KernelDispatch } from "../kernel.ts";
import { f32, gridOf, input, output, scratch, u32 } from "../kernel.ts";
import { ELEMENT_THREADS, mainPerElement } from "./source.ts";

/**
 * AdamW in PyTorch's order. Two dispatches, since a kernel may bind no more than eight arrays and the update alone has
 * eight where it is not in place: one thread puts the five scalars together, then one thread an element (or a vec4)
 * updates parameter and moments. Old and new arrays may be the same.
 */
export function adamwKernel({
  inputs,
  attributes,
  device,
  vectorize,
}: KernelContext<AdamWAttributes>): readonly KernelDispatch[] {
  const { beta1, beta2, epsilon, weightDecay } = attributes;
  const elements = elementCount(inputs[0]?.shape ?? []);
  const isVector = vectorize && elements % 4 === 0;
  const element = isVector ? "vec4<f32>" : "f32";
  const count = isVector ? elements / 4 : elements;
  const scalars = scratch(20, "scalars", "f32");
  return [
    {
      name: "adamw: scalars",
      wgsl: `// adamw: one thread computes what is the same for all elements.
${mainPerElement(`  scalars[0] = 1.0 - rate[0] * u.weightDecay;
  scalars[1] = rate[0] / correction1[0];
  scalars[2] = sqrt(correction2[0]);
  scalars[3] = gradientScale[0];
  scalars[4] = finite[0];`)}`,
      bindings: [
        input(4, "rate", "f32"),
        input(5, "correction1", "f32"),
        input(6, "correction2", "f32"),
        input(7, "gradientScale", "f32"),
        input(8, "finite", "f32"),
        scalars,
      ],
      uniforms: [u32("count", 1), f32("weightDecay", weightDecay)],
      workgroups: [1, 1, 1],
    },
    {
      name: "adamw",
      wgsl: `// adamw: one ${element} a thread. Where a gradient was not finite, all stays as it was.
${mainPerElement(`  let p = parameter[index];
  let m = first[index];
  let v = second[index];
  if (scalars[4] == 0.0) {
    newParameter[index] = p;
    newFirst[index] = m;
    newSecond[index] = v;
    return;
  }
  let g = gradient[index] * scalars[3];
  let nextM = m * u.beta1 + g * u.restOfBeta1;
  let nextV = v * u.beta2 + g * g * u.restOfBeta2;
  newFirst[index] = nextM;
  newSecond[index] = nextV;
  newParameter[index] = p * scalars[0] - (scalars[1] * nextM) / (sqrt(nextV) / scalars[2] + u.epsilon);`)}`,
      bindings: [
        input(0, "parameter", element),
        input(1, "gradient", element),
        input(2, "first", element),
        input(3, "second", element),
        scalars,
        output(0, "newParameter", element),
        output(1, "newFirst", element),
        output(2, "newSecond", element),
      ],
      uniforms: [
        u32("count", count),
        f32("beta1", beta1),
        f32("restOfBeta1", 1 - beta1),
        f32("beta2", beta2),
        f32("restOfBeta2", 1 - beta2),
        f32("epsilon", epsilon),
      ],
      workgroups: gridOf(Math.ceil(count / ELEMENT_THREADS), device),
    },
  ];
}
