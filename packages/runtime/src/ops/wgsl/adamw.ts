import { elementCount } from "../../graph/spec.ts";
import type { AdamWAttributes } from "../adamw.ts";
import type { KernelBinding, KernelContext, KernelDispatch } from "../kernel.ts";
import { f32, gridOf, input, output, scratch, u32 } from "../kernel.ts";
import { ELEMENT_THREADS, mainPerElement } from "./source.ts";

/** Before the flags in scratch memory: decay factor, step size, root of the second correction, gradient scale. */
const FIRST_FLAG = 4;

/** Inputs of the step: learning rate, both bias corrections, factor on the gradient, flags. */
export type AdamWScalars = readonly [number, number, number, number, number];

/** Where one tensor's operands are among the inputs and the outputs. */
export interface AdamWTensor {
  readonly parameter: number;
  readonly gradient: number;
  readonly first: number;
  readonly second: number;
  readonly newParameter: number;
  readonly newFirst: number;
  readonly newSecond: number;
}

/**
 * AdamW in PyTorch's order. The first dispatch puts the scalars and the flags together. The others update parameters and
 * moments, one thread an element (or a vec4), as many tensors in each as the device lets one kernel bind: four arrays a
 * tensor where new values lie over the old ones, else seven. Which tensor a workgroup is for follows from its number.
 */
export function adamwKernel(
  context: KernelContext<AdamWAttributes>,
  scalarInputs: AdamWScalars,
  tensors: readonly AdamWTensor[],
): readonly KernelDispatch[] {
  const { inputs, attributes, device } = context;
  const flagCount = elementCount(inputs[scalarInputs[4]]?.shape ?? []);
  const scalars = scratch((FIRST_FLAG + flagCount) * 4, "scalars", "f32");
  const names = ["rate", "correction1", "correction2", "gradientScale", "flags"];
  const gather: KernelDispatch = {
    name: "adamw: scalars",
    wgsl: `// adamw: a thread a flag copies it; the first also computes what is the same for all elements.
${mainPerElement(`  scalars[${FIRST_FLAG}u + index] = flags[index];
  if (index > 0u) { return; }
  scalars[0] = 1.0 - rate[0] * u.weightDecay;
  scalars[1] = rate[0] / correction1[0];
  scalars[2] = sqrt(correction2[0]);
  scalars[3] = gradientScale[0];`)}`,
    bindings: [...names.map((name, index) => input(scalarInputs[index] as number, name, "f32")), scalars],
    uniforms: [u32("count", flagCount), f32("weightDecay", attributes.weightDecay)],
    workgroups: gridOf(Math.ceil(flagCount / ELEMENT_THREADS), device),
  };
  const arraysEach = context.isInPlace === true ? 4 : 7;
  const together = Math.max(1, Math.floor((device.maxStorageBuffers - 1) / arraysEach));
  const updates: KernelDispatch[] = [];
  for (let start = 0; start < tensors.length; start += together)
    updates.push(updateDispatch(context, scalars, flagCount, tensors.slice(start, start + together)));
  return [gather, ...updates];
}

function updateDispatch(
  { inputs, attributes, device, vectorize }: KernelContext<AdamWAttributes>,
  scalars: KernelBinding,
  flagCount: number,
  tensors: readonly AdamWTensor[],
): KernelDispatch {
  const { beta1, beta2, epsilon } = attributes;
  let groups = 0;
  const parts = tensors.map((tensor, id) => {
    const elements = elementCount(inputs[tensor.parameter]?.shape ?? []);
    const isVector = vectorize && elements % 4 === 0 && (flagCount === 1 || flagCount % 4 === 0);
    const count = isVector ? elements / 4 : elements;
    const start = groups;
    groups += Math.ceil(count / ELEMENT_THREADS);
    return { tensor, id, isVector, count, start, end: groups };
  });
  return {
    name: "adamw",
    wgsl: `// adamw: an element or a vec4 a thread. Where a flag is 0, all stays as it was, whatever the gradient is.
@compute @workgroup_size(${ELEMENT_THREADS})
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) grid: vec3u,
        @builtin(local_invocation_index) thread: u32) {
  let group = workgroup.y * grid.x + workgroup.x;
${parts
  .map(
    ({ id, isVector }) => `  if (group < u.end${id}) {
    let index = (group - u.start${id}) * ${ELEMENT_THREADS}u + thread;
    if (index >= u.count${id}) { return; }
${updateElement(id, isVector, flagCount)}
    return;
  }
`,
  )
  .join("")}}
`,
    bindings: [scalars, ...parts.flatMap(({ tensor, id, isVector }) => tensorBindings(tensor, id, isVector))],
    uniforms: [
      f32("beta1", beta1),
      f32("restOfBeta1", 1 - beta1),
      f32("beta2", beta2),
      f32("restOfBeta2", 1 - beta2),
      f32("epsilon", epsilon),
      ...parts.flatMap(({ id, count, start, end }) => [
        u32(`count${id}`, count),
        u32(`start${id}`, start),
        u32(`end${id}`, end),
      ]),
    ],
    workgroups: gridOf(groups, device),
  };
}

/** Old and new arrays may be the same. */
function updateElement(id: number, isVector: boolean, flagCount: number): string {
  const width = isVector ? 4 : 1;
  const flagAt = (offset: number): string =>
    `scalars[${FIRST_FLAG}u + ${flagCount === 1 ? "0u" : `(index * ${width}u) % ${flagCount}u + ${offset}u`}] != 0.0`;
  return `    let isOn = ${isVector ? `vec4(${[0, 1, 2, 3].map(flagAt).join(", ")})` : flagAt(0)};
    let p = parameter${id}[index];
    let m = first${id}[index];
    let v = second${id}[index];
    let g = gradient${id}[index] * scalars[3];
    let nextM = m * u.beta1 + g * u.restOfBeta1;
    let nextV = v * u.beta2 + g * g * u.restOfBeta2;
    let next = p * scalars[0] - (scalars[1] * nextM) / (sqrt(nextV) / scalars[2] + u.epsilon);
    newFirst${id}[index] = select(m, nextM, isOn);
    newSecond${id}[index] = select(v, nextV, isOn);
    newParameter${id}[index] = select(p, next, isOn);`;
}

function tensorBindings(tensor: AdamWTensor, id: number, isVector: boolean): readonly KernelBinding[] {
  const element = isVector ? "vec4<f32>" : "f32";
  return [
    input(tensor.parameter, `parameter${id}`, element),
    input(tensor.gradient, `gradient${id}`, element),
    input(tensor.first, `first${id}`, element),
    input(tensor.second, `second${id}`, element),
    output(tensor.newParameter, `newParameter${id}`, element),
    output(tensor.newFirst, `newFirst${id}`, element),
    output(tensor.newSecond, `newSecond${id}`, element),
  ];
}
