import type { Shape } from "../../graph/spec.ts";
import type { BinaryName, UnaryName } from "../../ops/pointwise.ts";
import type { ReferenceOp } from "./reference.ts";
import { input } from "./reference.ts";
import { erf, normalDensity, normalDistribution, sigmoid } from "./specialFunctions.ts";
import { at, fill } from "./tensor64.ts";

const unary: Readonly<Record<UnaryName, (x: number) => number>> = {
  neg: (x) => -x,
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  abs: Math.abs,
  sign: Math.sign,
  square: (x) => x * x,
  reciprocal: (x) => 1 / x,
  tanh: Math.tanh,
  sigmoid,
  relu: (x) => Math.max(x, 0),
  erf,
  silu: (x) => x * sigmoid(x),
  gelu: (x) => x * normalDistribution(x),
  geluTanh,
};

const binary: Readonly<Record<BinaryName, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  maximum: Math.max,
  minimum: Math.min,
  greater: (a, b) => (a > b ? 1 : 0),
  geluGradient: (x, g) => g * (normalDistribution(x) + x * normalDensity(x)),
  geluTanhGradient: (x, g) => g * derivative(geluTanh, x),
  siluGradient: (x, g) => g * (sigmoid(x) + x * sigmoid(x) * sigmoid(-x)),
};

/** The approximation of Hendrycks and Gimpel (2016). */
function geluTanh(x: number): number {
  return (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
}

/** Fourth-order central difference, good to about 1e-11: an opinion that shares no algebra with the op. */
function derivative(f: (x: number) => number, x: number): number {
  const h = 2 ** -9;
  return (8 * (f(x + h) - f(x - h)) - (f(x + 2 * h) - f(x - 2 * h))) / (12 * h);
}

/** The shape of largest axes: NumPy's rule, for shapes that are known to fit. */
function broadcast(shapes: readonly Shape[]): Shape {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) =>
    Math.max(...shapes.map((shape) => shape[axis - rank + shape.length] ?? 1)),
  );
}

const selectReference: ReferenceOp = (inputs) => {
  const [condition, a, b] = [input(inputs, 0), input(inputs, 1), input(inputs, 2)];
  const shape = broadcast([condition.shape, a.shape, b.shape]);
  return [fill(shape, (position) => at(at(condition, position) === 0 ? b : a, position))];
};

const unaryReferences = Object.entries(unary).map(([name, f]): [string, ReferenceOp] => [
  name,
  (inputs) => [{ shape: input(inputs, 0).shape, data: input(inputs, 0).data.map(f) }],
]);

const binaryReferences = Object.entries(binary).map(([name, f]): [string, ReferenceOp] => [
  name,
  (inputs) => {
    const [a, b] = [input(inputs, 0), input(inputs, 1)];
    return [fill(broadcast([a.shape, b.shape]), (position) => f(at(a, position), at(b, position)))];
  },
]);

export const pointwiseReferences: Readonly<Record<string, ReferenceOp>> = Object.fromEntries([
  ...unaryReferences,
  ...binaryReferences,
  ["select", selectReference],
]);
