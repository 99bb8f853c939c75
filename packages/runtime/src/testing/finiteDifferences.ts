import type { Random } from "../random/generator.ts";

/** Inputs of a function, by name, in float64. */
export type Point = ReadonlyMap<string, Float64Array>;

/** Error of a central difference here: h² f‴/6 and the rounding of f over h are each about 1e-10 of f. */
const STEP = 1e-5;

/** Derivative of `f` at `point` along `direction` in the input `name`, by a central difference. */
function directionalDerivative(
  f: (point: Point) => number,
  point: Point,
  name: string,
  direction: Float64Array,
): number {
  const moved = (step: number): Point => {
    const centre = point.get(name) as Float64Array;
    return new Map([...point, [name, centre.map((x, index) => x + step * (direction[index] as number))]]);
  };
  return (f(moved(STEP)) - f(moved(-STEP))) / (2 * STEP);
}

/**
 * Holds a gradient against central differences: along random directions, which see every element at once, and along
 * `elementSamples` single elements, which say where it is wrong. Gives the mismatches, in words.
 */
export function gradientMismatches(
  f: (point: Point) => number,
  point: Point,
  gradients: ReadonlyMap<string, ArrayLike<number>>,
  options: { readonly random: Random; readonly elementSamples: number; readonly tolerance: number },
): readonly string[] {
  const { random, elementSamples, tolerance } = options;
  const scale = 1 + Math.abs(f(point));
  return [...gradients].flatMap(([name, gradient]) => {
    const count = gradient.length;
    const unit = (element: number): Float64Array =>
      Float64Array.from({ length: count }, (_, index) => (index === element ? 1 : 0));
    const elements =
      count <= elementSamples
        ? Array.from({ length: count }, (_, index) => index)
        : Array.from({ length: elementSamples }, () => random.integer(count));
    const directions: [string, Float64Array][] = [
      ...[1, 2].map((which): [string, Float64Array] => [
        `random direction ${which}`,
        Float64Array.from({ length: count }, () => random.normal() / Math.sqrt(count)),
      ]),
      ...elements.map((element): [string, Float64Array] => [`element ${element}`, unit(element)]),
    ];
    return directions.flatMap(([what, direction]) => {
      const expected = directionalDerivative(f, point, name, direction);
      const actual = direction.reduce((sum, x, index) => sum + x * (gradient[index] as number), 0);
      const error = Math.abs(actual - expected);
      return error <= tolerance * (scale + Math.abs(expected))
        ? []
        : [`${name}, ${what}: gradient ${actual}, finite difference ${expected}`];
    });
  });
}
