import type { Shape } from "../../graph/spec.ts";
import { elementCount } from "../../graph/spec.ts";
import type { KernelBinding, KernelContext, KernelDispatch, KernelUniform } from "../kernel.ts";
import { gridOf, input, output, u32 } from "../kernel.ts";
import type { ElementwiseRule } from "../op.ts";
import { broadcastStrides, collapseAxes, coordinatesWgsl } from "./axes.ts";
import { functionsCalledBy } from "./functions.ts";
import { ELEMENT_THREADS, mainPerElement } from "./source.ts";

/** Where a step takes an operand from: an input of the node, the result of a step before it, or a literal. */
export type StepOperand =
  | { readonly kind: "input"; readonly index: number }
  | { readonly kind: "step"; readonly index: number }
  | { readonly kind: "scalar"; readonly value: number };

/** One op of a chain that is computed for an element while it is at hand. */
export interface KernelStep {
  readonly op: string;
  readonly rule: ElementwiseRule<object>;
  readonly attributes: object;
  readonly operands: readonly StepOperand[];
}

/** A pointwise op with broadcasting, by itself. */
export function pointwiseKernel<Attributes extends object>(
  op: string,
  rule: ElementwiseRule<Attributes>,
  context: KernelContext<Attributes>,
): readonly KernelDispatch[] {
  const operands = rule.operands.map((_, index): StepOperand => ({ kind: "input", index }));
  const step = { op, rule: rule as ElementwiseRule<object>, attributes: context.attributes, operands };
  return elementwiseKernel(op, [step], [0], context);
}

/**
 * Pointwise ops on one element after another, with broadcasting. Strategy: one thread computes one element, or four
 * neighbours along the last axis as a vec4 where that axis is divisible by 4. Axes are merged first, so operands of equal
 * shape are one flat array and a bias is a matrix plus a row. An operand that is constant along the last axis is read as
 * a scalar and spread. All reads come before all writes: a result may lie where an input of its shape does.
 *
 * @param results the steps whose results are outputs 0, 1, ...
 */
export function elementwiseKernel(
  name: string,
  steps: readonly KernelStep[],
  results: readonly number[],
  { inputs, outputs, device, vectorize }: KernelContext<object>,
): readonly KernelDispatch[] {
  const shape = outputs[0]?.shape ?? [];
  const walk = walkOperands(
    shape,
    inputs.map((spec) => spec.shape),
    vectorize,
  );
  const { isVector } = walk;
  const element = isVector ? "vec4<f32>" : "f32";
  const bindings = inputs.map(({ dtype }, index): KernelBinding => {
    if (dtype === "u32") return input(index, `input${index}`, "u32");
    return input(index, `input${index}`, walk.isNarrow[index] === true ? "f32" : element);
  });
  const reads = inputs.map(({ dtype }, index) =>
    dtype === "u32"
      ? `  let x${index} = input${index}[0];`
      : `  let x${index} = T(input${index}[${walk.places[index]}]);`,
  );
  const places = isVector ? "vec4<u32>(index * 4u) + vec4<u32>(0u, 1u, 2u, 3u)" : "index";
  const usesPlace = steps.some(({ rule }) => readsPlace(rule));
  const uniforms: KernelUniform[] = [
    u32("count", elementCount(shape) / (isVector ? 4 : 1)),
    ...walk.uniforms,
  ];
  const calls = steps.map(({ op, rule, attributes, operands }, index) => {
    const numbers = (rule.numbers?.(attributes) ?? []).map((number) => ({
      ...number,
      name: `${number.name}${index}`,
    }));
    uniforms.push(...numbers);
    const parameters = operands.map((operand, position): string => {
      if (operand.kind === "input") return `x${operand.index}`;
      if (operand.kind === "step") return `y${operand.index}`;
      const literal = { name: `scalar${index}_${position}`, type: "f32", value: operand.value } as const;
      uniforms.push(literal);
      return `T(u.${literal.name})`;
    });
    if (readsPlace(rule)) parameters.push("place");
    parameters.push(...numbers.map((number) => `u.${number.name}`));
    return `  let y${index} = ${op}Element(${parameters.join(", ")});`;
  });
  const body = [
    coordinatesWgsl(walk.rank),
    ...reads,
    ...(usesPlace ? [`  let place = ${places};`] : []),
    ...calls,
    ...results.map((step, index) => `  output${index}[index] = y${step};`),
  ].join("\n");
  return [
    {
      name,
      wgsl: `// ${name}: one ${isVector ? "vec4 of elements" : "element"} a thread.
alias T = ${element};
alias U = ${isVector ? "vec4<u32>" : "u32"};
${stepFunctions(steps, inputs)}${mainPerElement(body)}`,
      bindings: [...bindings, ...results.map((_, index) => output(index, `output${index}`, element))],
      uniforms,
      workgroups: gridOf(Math.ceil(elementCount(shape) / (isVector ? 4 : 1) / ELEMENT_THREADS), device),
    },
  ];
}

function readsPlace({ wgsl }: ElementwiseRule<object>): boolean {
  return /\bplace\b/.test(wgsl);
}

/** Each op as a function of one element, once however many steps call it, after all that it calls. */
function stepFunctions(steps: readonly KernelStep[], inputs: readonly { readonly dtype: string }[]): string {
  const byOp = new Map(steps.map((step) => [step.op, step]));
  const helpers = new Set([...byOp.values()].map(({ rule }) => rule.functions ?? ""));
  const functions = [...byOp.values()].map(({ op, rule, attributes, operands }) => {
    const parameters = rule.operands.map((operand, position) => {
      const source = operands[position];
      const isWord = source?.kind === "input" && inputs[source.index]?.dtype === "u32";
      return `${operand}: ${isWord ? "u32" : "T"}`;
    });
    if (readsPlace(rule)) parameters.push("place: U");
    for (const { name, type } of rule.numbers?.(attributes) ?? []) parameters.push(`${name}: ${type}`);
    return `fn ${op}Element(${parameters.join(", ")}) -> T {\n  return ${rule.wgsl};\n}\n`;
  });
  const text = functions.join("");
  return functionsCalledBy(text) + [...helpers].join("") + text;
}

interface OperandWalk {
  readonly isVector: boolean;
  readonly rank: number;
  /** By operand: the index into its array, in WGSL, and whether that array is of scalars although others are of vec4. */
  readonly places: readonly string[];
  readonly isNarrow: readonly boolean[];
  readonly uniforms: readonly KernelUniform[];
}

/** How operands that broadcast to `shape` are read in its order. */
function walkOperands(shape: Shape, operands: readonly Shape[], vectorize: boolean): OperandWalk {
  const { sizes, strides } = collapseAxes({
    sizes: shape,
    strides: operands.map((operand) => broadcastStrides(operand, shape)),
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
  const isNarrow = strides.map((operand) => isVector && isSpread(operand));
  return {
    isVector,
    rank: sizes.length,
    isNarrow,
    places: strides.map((operand, index) => {
      const terms = operand.flatMap((stride, axis) =>
        stride === 0 ? [] : [`i${axis} * u.stride${index}_${axis}`],
      );
      return terms.join(" + ") || "0u";
    }),
    uniforms: [
      ...sizes.slice(1).map((size, axis) => u32(`size${axis + 1}`, axis + 1 === last ? size / width : size)),
      ...strides.flatMap((operand, index) =>
        operand.flatMap((stride, axis) => {
          if (stride === 0) return [];
          const unit = isNarrow[index] === true || axis === last ? 1 : width;
          return [u32(`stride${index}_${axis}`, stride / unit)];
        }),
      ),
    ],
  };
}
