import { elementCount } from "../../graph/spec.ts";
import type { AdamWAttributes } from "../adamw.ts";
import type { KernelContext, KernelDispatch } from "../kernel.ts";
import { f32, gridOf, input, output, scratch, u32 } from "../kernel.ts";
import { ELEMENT_THREADS, mainPerElement } from "./source.ts";

/** Before the flags in scratch memory: decay factor, step size, root of the second correction, gradient scale. */
const FIRST_FLAG = 4;

/**
 * AdamW in PyTorch's order. Two dispatches, since a kernel may bind no more than eight arrays and the update alone has
 * eight where it is not in place: the first puts the scalars and the flags together, then one thread an element (or a
 * vec4) updates parameter and moments. Old and new arrays may be the same.
 */
export function adamwKernel({
  inputs,
  attributes,
  device,
  vectorize,
}: KernelContext<AdamWAttributes>): readonly KernelDispatch[] {
  const { beta1, beta2, epsilon, weightDecay } = attributes;
  const elements = elementCount(inputs[0]?.shape ?? []);
  const flagCount = elementCount(inputs[8]?.shape ?? []);
  const isVector = vectorize && elements % 4 === 0 && (flagCount === 1 || flagCount % 4 === 0);
  const element = isVector ? "vec4<f32>" : "f32";
  const count = isVector ? elements / 4 : elements;
  const width = isVector ? 4 : 1;
  const scalars = scratch((FIRST_FLAG + flagCount) * 4, "scalars", "f32");
  const flagAt = (offset: number): string =>
    `scalars[${FIRST_FLAG}u + ${flagCount === 1 ? "0u" : `(index * ${width}u) % ${flagCount}u + ${offset}u`}] != 0.0`;
  const isOn = isVector ? `vec4(${[0, 1, 2, 3].map(flagAt).join(", ")})` : flagAt(0);
  return [
    {
      name: "adamw: scalars",
      wgsl: `// adamw: a thread a flag copies it; the first also computes what is the same for all elements.
${mainPerElement(`  scalars[${FIRST_FLAG}u + index] = flags[index];
  if (index > 0u) { return; }
  scalars[0] = 1.0 - rate[0] * u.weightDecay;
  scalars[1] = rate[0] / correction1[0];
  scalars[2] = sqrt(correction2[0]);
  scalars[3] = gradientScale[0];`)}`,
      bindings: [
        input(4, "rate", "f32"),
        input(5, "correction1", "f32"),
        input(6, "correction2", "f32"),
        input(7, "gradientScale", "f32"),
        input(8, "flags", "f32"),
        scalars,
      ],
      uniforms: [u32("count", flagCount), f32("weightDecay", weightDecay)],
      workgroups: gridOf(Math.ceil(flagCount / ELEMENT_THREADS), device),
    },
    {
      name: "adamw",
      wgsl: `// adamw: one ${element} a thread. Where a flag is 0, all stays as it was, whatever the gradient is.
${mainPerElement(`  let isOn = ${isOn};
  let p = parameter[index];
  let m = first[index];
  let v = second[index];
  let g = gradient[index] * scalars[3];
  let nextM = m * u.beta1 + g * u.restOfBeta1;
  let nextV = v * u.beta2 + g * g * u.restOfBeta2;
  let next = p * scalars[0] - (scalars[1] * nextM) / (sqrt(nextV) / scalars[2] + u.epsilon);
  newFirst[index] = select(m, nextM, isOn);
  newSecond[index] = select(v, nextV, isOn);
  newParameter[index] = select(p, next, isOn);`)}`,
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
