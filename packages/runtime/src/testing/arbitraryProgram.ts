import fc from "fast-check";
import type { Shape } from "../graph/spec.ts";
import type { Tensor } from "../graph/tensor.ts";

/** One step of a random program: an op, and numbers from which its operands and attributes are chosen. */
interface Step {
  readonly op: number;
  readonly operand: number;
  readonly second: number;
  readonly choice: number;
}

/** A random program over named leaves. Building it twice makes the same graph. */
export interface ArbitraryProgram {
  readonly leafShapes: readonly Shape[];
  readonly steps: readonly Step[];
}

/** Tensors stay below this many elements, so that finite differences stay cheap. */
const MAXIMUM_ELEMENTS = 256;

export function arbitraryProgram(maximumSteps: number): fc.Arbitrary<ArbitraryProgram> {
  const size = fc.constantFrom(1, 2, 3, 4, 5);
  const number = fc.nat(1000);
  return fc.record({
    leafShapes: fc.array(fc.array(size, { maxLength: 3 }), { minLength: 1, maxLength: 4 }),
    steps: fc.array(fc.record({ op: number, operand: number, second: number, choice: number }), {
      minLength: 1,
      maxLength: maximumSteps,
    }),
  });
}

/**
 * Applies the steps to the leaves. Each reads any two tensors made so far; a step that their shapes do not allow is
 * passed over. Gives all tensors that were made, the leaves aside.
 */
export function buildProgram(program: ArbitraryProgram, leaves: readonly Tensor[]): readonly Tensor[] {
  const pool = [...leaves];
  for (const step of program.steps) {
    const x = pool[step.operand % pool.length] as Tensor;
    const y = pool[step.second % pool.length] as Tensor;
    const rule = rules[step.op % rules.length] as Rule;
    const made = rule(x, y, step.choice);
    if (made !== null && elements(made.shape) <= MAXIMUM_ELEMENTS) pool.push(made);
  }
  return pool.slice(leaves.length);
}

/** A step, or null where it does not fit. Values stay near 1 and away from kinks and poles: results are tamed by tanh. */
type Rule = (x: Tensor, y: Tensor, choice: number) => Tensor | null;

const rules: readonly Rule[] = [
  (x) => x.tanh(),
  (x) => x.gelu(),
  (x) => x.gelu("tanh"),
  (x) => x.silu().neg(),
  (x) => x.sigmoid().square(),
  (x) => x.erf(),
  (x) => x.tanh().exp(),
  (x) => x.square().add(1).log(),
  (x) => x.square().add(0.5).sqrt(),
  (x) => x.square().add(1).reciprocal(),
  (x, y) => (broadcasts(x, y) ? x.add(y) : null),
  (x, y) => (broadcasts(x, y) ? x.sub(y) : null),
  (x, y) => (broadcasts(x, y) ? x.mul(y).tanh() : null),
  (x, y) => (broadcasts(x, y) ? x.div(y.square().add(1)) : null),
  matmulRule,
  matmulRule,
  (x, _y, choice) => x.sum(someAxes(x, choice), choice % 2 === 1).tanh(),
  (x, _y, choice) => x.mean(someAxes(x, choice), choice % 2 === 1),
  (x, _y, choice) => (x.rank === 0 ? x.reshape([1, 1]) : x.reshape(refactored(x.shape, choice))),
  (x, _y, choice) => x.transpose(rotated(x.rank, choice)),
  (x, _y, choice) => (x.rank === 0 ? null : sliced(x, choice)),
  (x, y, choice) => concatenated(x, y, choice),
  (x, _y, choice) => x.broadcastTo([1 + (choice % 3), ...x.shape]),
  (x) => (x.rank === 0 ? null : x.softmax()),
  (x, y) =>
    x.rank > 0 && x.size(-1) > 1 && y.rank === 1 && y.size(0) === x.size(-1) ? x.layerNorm(y, y, 0.1) : null,
  embeddingRule,
  crossEntropyRule,
];

function elements(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

function broadcasts(x: Tensor, y: Tensor): boolean {
  const rank = Math.min(x.rank, y.rank);
  return Array.from({ length: rank }, (_, axis) => [x.size(axis - rank), y.size(axis - rank)]).every(
    ([a, b]) => a === b || a === 1 || b === 1,
  );
}

function matmulRule(x: Tensor, y: Tensor, choice: number): Tensor | null {
  const [transposeA, transposeB] = [(choice & 1) === 1, (choice & 2) === 2];
  const flattens = x.rank > 2 && y.rank === 2 && !transposeA;
  const sameBatch = x.rank === y.rank && x.shape.slice(0, -2).every((size, axis) => size === y.shape[axis]);
  if (x.rank < 2 || !(flattens || sameBatch)) return null;
  if (x.size(transposeA ? -2 : -1) !== y.size(transposeB ? -1 : -2)) return null;
  return x.matmul(y, { transposeA, transposeB, scale: choice % 3 === 0 ? 1 : 0.5 }).tanh();
}

/** A subset of the axes, empty and full among them. */
function someAxes(x: Tensor, choice: number): readonly number[] {
  return x.shape.map((_, axis) => axis).filter((axis) => (choice >> (axis + 1)) & 1);
}

function refactored(shape: Shape, choice: number): Shape {
  const count = elements(shape);
  const divisors = Array.from({ length: count }, (_, index) => index + 1).filter(
    (size) => count % size === 0,
  );
  const first = divisors[choice % divisors.length] as number;
  return choice % 2 === 0 ? [first, count / first] : [count];
}

function rotated(rank: number, choice: number): readonly number[] {
  return Array.from({ length: rank }, (_, axis) => (axis + choice) % rank);
}

function sliced(x: Tensor, choice: number): Tensor {
  const axis = choice % x.rank;
  const start = choice % x.size(axis);
  return x.slice(axis, start, 1 + ((choice >> 3) % (x.size(axis) - start)));
}

function concatenated(x: Tensor, y: Tensor, choice: number): Tensor | null {
  if (x.rank === 0 || x.rank !== y.rank) return null;
  const axis = choice % x.rank;
  const fits = x.shape.every((size, other) => other === axis || size === y.shape[other]);
  return fits ? x.concat([y, x], axis) : null;
}

function embeddingRule(x: Tensor, _y: Tensor, choice: number): Tensor | null {
  if (x.rank !== 2) return null;
  const indices = Int32Array.from(
    { length: 1 + (choice % 6) },
    (_, index) => (choice * (index + 1)) % x.size(0),
  );
  return x.rows(x.graph.constant([indices.length], "i32", indices));
}

function crossEntropyRule(x: Tensor, _y: Tensor, choice: number): Tensor | null {
  if (x.rank !== 2) return null;
  const labels = Int32Array.from({ length: x.size(0) }, (_, row) => (choice + row) % x.size(1));
  return x.crossEntropy(x.graph.constant([labels.length], "i32", labels)).tanh();
}
