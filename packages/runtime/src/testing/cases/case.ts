import type { HostTensor, Shape } from "../../graph/spec.ts";
import { elementCount, formatShape } from "../../graph/spec.ts";
import type { Random } from "../../random/generator.ts";
import { createRandom } from "../../random/generator.ts";

/** How far an executor may be from float64: `|actual - expected| <= absolute + relative |expected|`. */
export interface Tolerance {
  readonly relative: number;
  readonly absolute: number;
}

export interface CaseOptions {
  /** False where the gradient is not asked: at a kink, or where it is not finite. True by default. */
  readonly differentiable?: boolean;
  /** Inputs that the op gives no gradient of. */
  readonly constantInputs?: readonly number[];
  /** For inputs on which f32 itself loses digits: replaces the tolerance of the op. */
  readonly tolerance?: Tolerance;
  /** Outputs that are compared; all by default. */
  readonly comparedOutputs?: readonly number[];
}

/** One call of an op on inputs that are given in full. */
export interface OpCase extends CaseOptions {
  readonly op: string;
  /** Unique among the cases of the op. */
  readonly name: string;
  readonly inputs: readonly HostTensor[];
  readonly attributes: object;
}

/** Draws one input of a case. */
export type InputRecipe = (random: Random) => HostTensor;

export function opCase(
  op: string,
  label: string,
  recipes: readonly InputRecipe[],
  attributes: object = {},
  options: CaseOptions = {},
): OpCase {
  const random = createRandom(2024, `${op} ${label}`);
  const inputs = recipes.map((recipe) => recipe(random));
  const shapes = inputs.map(({ shape }) => formatShape(shape)).join(" ");
  return { op, name: `${shapes}${label === "" ? "" : ` ${label}`}`, inputs, attributes, ...options };
}

function f32(shape: Shape, next: () => number): HostTensor {
  return { shape, dtype: "f32", data: Float32Array.from({ length: elementCount(shape) }, next) };
}

export function normal(shape: Shape, deviation = 1, mean = 0): InputRecipe {
  return (random) => f32(shape, () => mean + deviation * random.normal());
}

/** Uniform in [0.3, 3). */
export function positive(shape: Shape): InputRecipe {
  return (random) => f32(shape, () => 0.3 + 2.7 * random.uniform());
}

/** Either sign, at least 0.25 from the kink or pole at 0. */
export function awayFromZero(shape: Shape): InputRecipe {
  return (random) =>
    f32(shape, () => {
      const value = random.normal();
      return value < 0 ? value - 0.25 : value + 0.25;
    });
}

export function values(shape: Shape, data: readonly number[]): InputRecipe {
  return () => ({ shape, dtype: "f32", data: Float32Array.from(data) });
}

export function scalar(value: number): InputRecipe {
  return values([], [value]);
}

/** Whole numbers in [0, bound). */
export function indices(count: number, bound: number): InputRecipe {
  return (random) => ({
    shape: [count],
    dtype: "i32",
    data: Int32Array.from({ length: count }, () => random.integer(bound)),
  });
}

export function i32(shape: Shape, data: readonly number[]): InputRecipe {
  return () => ({ shape, dtype: "i32", data: Int32Array.from(data) });
}

export function u32(shape: Shape, data: readonly number[]): InputRecipe {
  return () => ({ shape, dtype: "u32", data: Uint32Array.from(data) });
}
