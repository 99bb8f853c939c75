import { elementCount } from "../../graph/spec.ts";
import type { KernelContext, KernelDispatch } from "../kernel.ts";
import { gridOf, input, output, u32 } from "../kernel.ts";
import { broadcastStrides, collapseAxes, coordinatesWgsl } from "./axes.ts";
import { functionsCalledBy } from "./functions.ts";
import { ELEMENT_THREADS, mainPerElement } from "./source.ts";

/**
 * A pointwise op with broadcasting. Strategy: one thread computes one element, or four neighbours along the last axis
 * as a vec4 where that axis is divisible by 4. Axes are merged first, so operands of equal shape are one flat array and
 * a bias is a matrix plus a row. An operand that is constant along the last axis is read as a scalar and spread.
 *
 * @param expression WGSL over the operands `names` of type T (f32 or vec4<f32>)
 */
export function pointwiseKernel(
  op: string,
  expression: string,
  names: readonly string[],
  { inputs, outputs, device, vectorize }: KernelContext<object>,
): readonly KernelDispatch[] {
  const shape = outputs[0]?.shape ?? [];
  const { sizes, strides } = collapseAxes({
    sizes: shape,
    strides: inputs.map((spec) => broadcastStrides(spec.shape, shape)),
  });
  const last = sizes.length - 1;
  const isSpread = (operand: readonly number[]): boolean => operand[last] === 0;
  const isVector =
    vectorize &&
    (sizes[last] as number) % 4 === 0 &&
    strides.every(
      (operand) => isSpread(operand) || operand.slice(0, last).every((stride) => stride % 4 === 0),
    );
  const width = isVector ? 4 : 1;

  const isNarrow = (operand: readonly number[]): boolean => isVector && isSpread(operand);
  const offsets = strides.map((operand, index) => {
    const terms = operand.flatMap((stride, axis) =>
      stride === 0 ? [] : [`i${axis} * u.stride${index}_${axis}`],
    );
    return terms.join(" + ") || "0u";
  });
  const body = [
    coordinatesWgsl(sizes.length),
    ...names.map((name, index) => `  let ${name} = T(${name}Data[${offsets[index]}]);`),
    `  yData[index] = ${expression};`,
  ].join("\n");
  const count = elementCount(shape) / width;
  const element = isVector ? "vec4<f32>" : "f32";
  return [
    {
      name: op,
      wgsl: `// ${op}: one ${isVector ? "vec4 of elements" : "element"} a thread.
alias T = ${element};
${functionsCalledBy(expression)}${mainPerElement(body)}`,
      bindings: [
        ...names.map((name, index) =>
          input(index, `${name}Data`, isNarrow(strides[index] ?? []) ? "f32" : element),
        ),
        output(0, "yData", element),
      ],
      uniforms: [
        u32("count", count),
        ...sizes
          .slice(1)
          .map((size, axis) => u32(`size${axis + 1}`, axis + 1 === last ? size / width : size)),
        ...strides.flatMap((operand, index) =>
          operand.flatMap((stride, axis) => {
            if (stride === 0) return [];
            const unit = isNarrow(operand) || axis === last ? 1 : width;
            return [u32(`stride${index}_${axis}`, stride / unit)];
          }),
        ),
      ],
      workgroups: gridOf(Math.ceil(count / ELEMENT_THREADS), device),
    },
  ];
}
