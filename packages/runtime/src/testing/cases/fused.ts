import type { Shape } from "../../graph/spec.ts";
import type { FusedAttributes, FusedStep } from "../../ops/fused.ts";
import type { StepOperand } from "../../ops/wgsl/pointwise.ts";
import type { InputRecipe, OpCase } from "./case.ts";
import { normal, opCase, scalar, u32, values } from "./case.ts";

const input = (index: number): StepOperand => ({ kind: "input", index });
const step = (index: number): StepOperand => ({ kind: "step", index });
const literal = (value: number): StepOperand => ({ kind: "scalar", value });

function call(op: string, operands: readonly StepOperand[], attributes: object = {}): FusedStep {
  return { op, operands, attributes };
}

function fusedCase(
  label: string,
  recipes: readonly InputRecipe[],
  steps: readonly FusedStep[],
  results: readonly number[] = [steps.length - 1],
): OpCase {
  const attributes: FusedAttributes = { steps, results, inPlace: results.map(() => null) };
  return opCase("fused", label, recipes, attributes);
}

/** A matrix and the bias of its rows, divisible by 4 and not. */
const BIASED: readonly (readonly [Shape, Shape])[] = [
  [[1], [1]],
  [[3, 5], [5]],
  [[13, 12], [12]],
  [
    [2, 3, 8],
    [3, 1],
  ],
  [[17, 19], []],
];

const biasAndActivation = (op: string): readonly FusedStep[] => [
  call("add", [input(0), input(1)]),
  call(op, [step(0)]),
];

const key = u32([], [12345]);

const dropped = (salt: number): object => ({ probability: 0.4, salt });

export const fusedCases: readonly OpCase[] = [
  ...["gelu", "geluTanh", "silu", "relu", "tanh", "erf", "sigmoid"].map((op) =>
    fusedCase(`bias and ${op}`, [normal([13, 12]), normal([12])], biasAndActivation(op)),
  ),
  ...BIASED.map(([a, b]) =>
    fusedCase("bias kept beside the activation", [normal(a), normal(b)], biasAndActivation("gelu"), [0, 1]),
  ),
  ...BIASED.map(([a, b]) =>
    fusedCase(
      "bias, dropout and residual",
      [normal(a), normal(b), key, normal(a)],
      [
        call("add", [input(0), input(1)]),
        call("dropout", [step(0), input(2)], dropped(3)),
        call("add", [step(1), input(3)]),
      ],
    ),
  ),
  fusedCase(
    "two dropouts, one in a window",
    [normal([6, 10]), key],
    [
      call("dropout", [input(0), input(1)], { ...dropped(1), firstElement: 120 }),
      call("dropout", [input(0), input(1)], dropped(2)),
      call("sub", [step(0), step(1)]),
    ],
  ),
  ...BIASED.map(([a, b]) =>
    fusedCase(
      "literals and one operand twice",
      [normal(a), normal(b)],
      [
        call("mul", [input(0), literal(0.5)]),
        call("sub", [literal(-3), step(0)]),
        call("maximum", [step(1), input(1)]),
        call("mul", [step(2), step(2)]),
      ],
      [1, 3],
    ),
  ),
  fusedCase(
    "gradient of an activation, added up",
    [normal([7, 8]), normal([7, 8]), normal([7, 8])],
    [call("geluGradient", [input(0), input(1)]), call("add", [step(0), input(2)])],
  ),
  fusedCase(
    "a choice by flags",
    [values([6], [0, 1, 0, 2, 0, 3]), normal([5, 6]), normal([5, 6])],
    [call("neg", [input(1)]), call("select", [input(0), step(0), input(2)])],
  ),
  fusedCase(
    "scalars alone",
    [scalar(0.3), scalar(-2)],
    [call("mul", [input(0), input(1)]), call("exp", [step(0)])],
  ),
];
