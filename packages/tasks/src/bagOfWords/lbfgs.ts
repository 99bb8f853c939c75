/** A smooth function to be minimized: writes its gradient at `x` and returns its value. */
export type Objective = (x: Float64Array, gradient: Float64Array) => number;

export interface Minimum {
  readonly x: Float64Array;
  readonly value: number;
  readonly iterations: number;
  /** False where the iterations ran out first. */
  readonly converged: boolean;
}

const MEMORY = 6;
const SUFFICIENT_DECREASE = 1e-4;
const MOST_HALVINGS = 40;

interface Correction {
  readonly step: Float64Array;
  readonly change: Float64Array;
  readonly inverse: number;
}

/**
 * Minimizes a convex function from zero by L-BFGS with a backtracking line search (Nocedal and Wright, Numerical
 * Optimization, algorithms 7.4 and 3.1). The same objective always takes the same path.
 * @param options.tolerance stop where no component of the gradient is above it
 */
export function minimize(
  objective: Objective,
  size: number,
  options: { readonly iterations: number; readonly tolerance: number },
): Minimum {
  let x: Float64Array = new Float64Array(size);
  let gradient: Float64Array = new Float64Array(size);
  let value = objective(x, gradient);
  const corrections: Correction[] = [];
  for (let iteration = 0; iteration < options.iterations; iteration++) {
    if (largest(gradient) <= options.tolerance) return { x, value, iterations: iteration, converged: true };
    const direction = descentDirection(gradient, corrections);
    const slope = dot(direction, gradient);
    // Without curvature the first step has no scale of its own.
    let length = corrections.length === 0 ? Math.min(1, 1 / Math.sqrt(-slope)) : 1;
    const nextGradient = new Float64Array(size);
    let next = moved(x, direction, length);
    let nextValue = objective(next, nextGradient);
    for (let halving = 0; nextValue > value + SUFFICIENT_DECREASE * length * slope; halving++) {
      // Only rounding is left between this point and the minimum.
      if (halving === MOST_HALVINGS) return { x, value, iterations: iteration, converged: true };
      length /= 2;
      next = moved(x, direction, length);
      nextValue = objective(next, nextGradient);
    }
    const step = moved(next, x, -1);
    const change = moved(nextGradient, gradient, -1);
    const curvature = dot(step, change);
    if (curvature > 0) {
      corrections.push({ step, change, inverse: 1 / curvature });
      if (corrections.length > MEMORY) corrections.shift();
    }
    x = next;
    gradient = nextGradient;
    value = nextValue;
  }
  return { x, value, iterations: options.iterations, converged: largest(gradient) <= options.tolerance };
}

/** The two-loop recursion: minus the gradient, times the approximate inverse Hessian. */
function descentDirection(gradient: Float64Array, corrections: readonly Correction[]): Float64Array {
  const direction = gradient.map((component) => -component);
  const weights = new Float64Array(corrections.length);
  for (let index = corrections.length - 1; index >= 0; index--) {
    const { step, change, inverse } = corrections[index] as Correction;
    const weight = inverse * dot(step, direction);
    weights[index] = weight;
    addScaled(direction, change, -weight);
  }
  const last = corrections.at(-1);
  if (last !== undefined) {
    const scale = 1 / (last.inverse * dot(last.change, last.change));
    for (let index = 0; index < direction.length; index++) direction[index] = at(direction, index) * scale;
  }
  corrections.forEach(({ step, change, inverse }, index) => {
    addScaled(direction, step, at(weights, index) - inverse * dot(change, direction));
  });
  return direction;
}

function moved(from: Float64Array, direction: Float64Array, length: number): Float64Array {
  const result = Float64Array.from(from);
  addScaled(result, direction, length);
  return result;
}

function addScaled(target: Float64Array, vector: Float64Array, scale: number): void {
  for (let index = 0; index < target.length; index++) {
    target[index] = at(target, index) + scale * at(vector, index);
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += at(a, index) * at(b, index);
  return sum;
}

function largest(vector: Float64Array): number {
  let result = 0;
  for (const component of vector) result = Math.max(result, Math.abs(component));
  return result;
}

function at(vector: Float64Array, index: number): number {
  return vector[index] as number;
}
