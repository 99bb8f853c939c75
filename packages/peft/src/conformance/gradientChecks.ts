import { accumulatorName, createRandom } from "@peftbench/runtime";
import { trainableTensors } from "../index.ts";
import type { Check } from "./check.ts";
import { assertThat } from "./check.ts";
import { attachedRun, batch, SEED } from "./subject.ts";
import type { SuiteRun } from "./suiteRun.ts";

/**
 * Steps of the differences, as the length of the move in a tensor's space. The long one suits small derivatives, which
 * rounding of f32 losses would drown; the short one suits losses that bend much over the long one.
 */
const STEPS = [0.02, 0.005];
/** Allowed difference, relative to the derivative, and absolute: rounding of f32 losses over the step. */
const RELATIVE_TOLERANCE = 2e-3;
const ABSOLUTE_TOLERANCE = 2e-5;

/**
 * Holds the gradients that the executor computes against central differences of the losses that it computes: along the
 * gradient, which shows a wrong factor, along a random direction, which shows a wrong direction, and along the element
 * where the gradient is largest.
 */
export const gradientChecks: readonly Check[] = [
  {
    name: "has the gradients that differences of the loss show, in every stage and tensor",
    usesExecutor: true,
    run: async (subject) => {
      const { run, model, attachment } = await attachedRun(subject);
      for (const stage of attachment.stages) {
        await run.enterStageOf(stage.fromStep);
        await moveAtRandom(
          run,
          stage.parameters.filter(({ trainable }) => trainable).map(({ name }) => name),
        );
        for (const { name } of trainableTensors(model, stage)) {
          for (const problem of await mismatches(run, name, stage.fromStep)) assertThat(false, problem);
        }
      }
      await run.dispose();
    },
  },
];

/** Away from the first values, where many gradients are zero (B = 0 in LoRA stops that of A). */
async function moveAtRandom(run: SuiteRun, names: readonly string[]): Promise<void> {
  const values = await run.values();
  for (const name of names) {
    const random = createRandom(SEED, `gradient check ${name}`);
    const moved = (values.get(name) as Float32Array).map((value) => value + 0.2 * random.normal());
    await run.write(name, moved);
  }
}

async function mismatches(run: SuiteRun, name: string, step: number): Promise<readonly string[]> {
  const centre = await run.read(name);
  const gradient = await gradientOf(run, name, step);
  const problems: string[] = [];
  for (const [what, direction] of directionsFor(name, gradient)) {
    const found = direction.reduce((sum, x, index) => sum + x * (gradient[index] as number), 0);
    const differences: number[] = [];
    const agrees = (expected: number): boolean =>
      Math.abs(found - expected) <= ABSOLUTE_TOLERANCE + RELATIVE_TOLERANCE * Math.abs(expected);
    for (const distance of STEPS) {
      if (differences.some(agrees)) break;
      differences.push(await derivative(run, name, centre, direction, step, distance));
    }
    if (!differences.some(agrees)) {
      problems.push(
        `${name}, along ${what}: the gradient gives ${found}, differences give ${differences.join(" and ")}.`,
      );
    }
  }
  await run.write(name, centre);
  return problems;
}

async function gradientOf(run: SuiteRun, name: string, step: number): Promise<Float32Array> {
  const accumulator = accumulatorName(name);
  const before = await run.read(accumulator);
  await run.write(accumulator, new Float32Array(before.length));
  await run.accumulate(batch, step);
  return run.read(accumulator);
}

function directionsFor(name: string, gradient: Float32Array): readonly [string, Float64Array][] {
  const random = createRandom(SEED, `directions ${name}`);
  const unit = (values: Float64Array): Float64Array => {
    const norm = Math.hypot(...values);
    return values.map((value) => value / norm);
  };
  const anyDirection = Float64Array.from({ length: gradient.length }, () => random.normal());
  const alongGradient = Float64Array.from(gradient);
  const largest = gradient.reduce(
    (best, value, index) => (Math.abs(value) > Math.abs(gradient[best] as number) ? index : best),
    0,
  );
  return [
    // A gradient of zero has no direction; the others show whether it is right.
    ...(Math.hypot(...gradient) < ABSOLUTE_TOLERANCE
      ? []
      : [["the gradient", unit(alongGradient)] satisfies [string, Float64Array]]),
    ["its largest element", Float64Array.from(gradient, (_, index) => (index === largest ? 1 : 0))],
    ["a random direction", unit(anyDirection)],
  ];
}

/** Derivative of the loss along a direction, of fourth order: its error is that of rounding. */
async function derivative(
  run: SuiteRun,
  name: string,
  centre: Float32Array,
  direction: Float64Array,
  step: number,
  distance: number,
): Promise<number> {
  const lossAt = async (moved: number): Promise<number> => {
    await run.write(
      name,
      centre.map((value, index) => value + moved * (direction[index] as number)),
    );
    return run.loss(batch, step);
  };
  const near = (await lossAt(distance)) - (await lossAt(-distance));
  const far = (await lossAt(2 * distance)) - (await lossAt(-2 * distance));
  return (8 * near - far) / (12 * distance);
}
