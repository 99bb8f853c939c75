import type { OnnxLowering } from "../execute/cpu/lowering.ts";
import type { TensorSpec } from "../graph/spec.ts";
import { dropout } from "./dropout.ts";
import { expectInput } from "./infer.ts";
import type { OpDefinition } from "./op.ts";
import { defineOp } from "./op.ts";
import { binaryOps, unaryOps } from "./pointwise.ts";
import { select } from "./select.ts";
import type { StepOperand } from "./wgsl/pointwise.ts";
import { elementwiseKernel } from "./wgsl/pointwise.ts";
import { elementSpace } from "./windows.ts";

/** One member of a fused op. */
export interface FusedStep {
  readonly op: string;
  readonly operands: readonly StepOperand[];
  readonly attributes: object;
}

export interface FusedAttributes {
  /** In order: each reads inputs, literals and results of those before it, and has the shape of the whole. */
  readonly steps: readonly FusedStep[];
  /** The steps whose results are outputs 0, 1, ...; other results are never in memory. */
  readonly results: readonly number[];
  /** By output: the input whose bytes it may take over, which every element is read of before it is written. */
  readonly inPlace: readonly (number | null)[];
}

const members: ReadonlyMap<string, OpDefinition<object>> = new Map(
  [...Object.values(unaryOps), ...Object.values(binaryOps), select, dropout].map((definition) => [
    definition.name,
    definition as unknown as OpDefinition<object>,
  ]),
);

/** Whether a node of the op can be a step of a fused one. */
export function isFusible(op: string): boolean {
  return members.has(op);
}

function member(op: string): OpDefinition<object> {
  const definition = members.get(op);
  if (definition === undefined) throw new RangeError(`${op} cannot be a step of a fused op.`);
  return definition;
}

const LITERAL: TensorSpec = { shape: [], dtype: "f32" };

/**
 * Several pointwise ops as one: each element goes through all steps while it is at hand. `fusePointwise` makes it out of
 * finished graphs, after autodiff and the save policy; so it has no gradient rule.
 */
export const fused = defineOp<FusedAttributes>({
  name: "fused",
  cheap: true,
  infer: (inputs, { steps, results }) => {
    expectInput("fused", inputs, 0, {});
    const made: TensorSpec[] = [];
    for (const { op, operands, attributes } of steps) {
      const specs = operands.map((operand) => specOf(operand, inputs, made));
      made.push(member(op).infer(specs, attributes)[0] as TensorSpec);
    }
    return results.map((step) => made[step] as TensorSpec);
  },
  inPlace: ({ inPlace }, output) => inPlace[output] ?? null,
  windows: {
    kind: "space",
    space: (inputs, outputs, attributes) => {
      const spaces = attributes.steps.map((step) => {
        const rule = member(step.op).windows;
        return rule?.kind === "space" ? rule.space(outputs, outputs, step.attributes) : null;
      });
      return {
        ...elementSpace(inputs, outputs),
        isContiguous: spaces.some((space) => space?.isContiguous === true),
        attributes: (window) => ({
          ...attributes,
          steps: attributes.steps.map((step, index) => ({
            ...step,
            attributes: spaces[index]?.attributes?.(window) ?? step.attributes,
          })),
        }),
      };
    },
  },
  webgpu: (context) => {
    const { steps, results } = context.attributes;
    const kernelSteps = steps.map(({ op, operands, attributes }) => {
      const rule = member(op).elementwise;
      if (rule === undefined) throw new RangeError(`${op} has no rule for one element.`);
      return { op, rule, attributes, operands };
    });
    const name = `fused ${steps.map(({ op }) => op).join(" ")}`;
    return elementwiseKernel(name, kernelSteps, results, context);
  },
  onnx: (lowering) => {
    const { steps, results } = lowering.attributes;
    const names: string[] = [];
    const made: TensorSpec[] = [];
    for (const [index, step] of steps.entries()) {
      const result = results.indexOf(index);
      const name = result < 0 ? `${lowering.outputs[0]}_step${index}` : (lowering.outputs[result] as string);
      const inner = stepLowering(lowering, step, names, made, name);
      member(step.op).onnx?.(inner);
      names.push(name);
      made.push(inner.outputSpecs[0] as TensorSpec);
    }
  },
});

function specOf(
  operand: StepOperand,
  inputs: readonly TensorSpec[],
  made: readonly TensorSpec[],
): TensorSpec {
  if (operand.kind === "scalar") return LITERAL;
  return (operand.kind === "input" ? inputs : made)[operand.index] as TensorSpec;
}

/** What a member's own lowering sees: its operands by name, and the name of its result. */
function stepLowering(
  lowering: OnnxLowering<FusedAttributes>,
  { op, operands, attributes }: FusedStep,
  names: readonly string[],
  made: readonly TensorSpec[],
  output: string,
): OnnxLowering<object> {
  const inputSpecs = operands.map((operand) => specOf(operand, lowering.inputSpecs, made));
  return {
    ...lowering,
    attributes,
    inputs: operands.map((operand): string => {
      if (operand.kind === "scalar") return lowering.constant("f32", [], [operand.value]);
      return (operand.kind === "input" ? lowering.inputs : names)[operand.index] as string;
    }),
    inputSpecs,
    outputs: [output],
    outputSpecs: member(op).infer(inputSpecs, attributes),
  };
}
