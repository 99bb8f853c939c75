import { accumulatorName, momentNames } from "@peftbench/runtime";
import type { MethodStage, ModelShape } from "../index.ts";
import { attachMethod, buildEvaluationGraph, trainableTensors } from "../index.ts";
import { largestDifference } from "../parity/differences.ts";
import { spectraOf } from "../spectra/spectra.ts";
import { rowsOf } from "./batch.ts";
import type { Check, Subject } from "./check.ts";
import { assertThat, sameBits } from "./check.ts";
import { randomWeights, smallBert, smallBertWithFrozenHead } from "./models.ts";
import { ADAMW, attachedRun, batch, ROWS, SEED, trainAll } from "./subject.ts";
import type { SuiteRun } from "./suiteRun.ts";
import { updateMasks } from "./updateMasks.ts";

/** Of the largest element: sums over rows in another order, each some 2^-24 off in f32. 1.1e-6 was seen on WebGPU. */
const ACCUMULATION_TOLERANCE = 4e-6;

/**
 * Steps that are done when a run is interrupted: any of them on the CPU; on a device, where programs take long to
 * compile, the first and the last, and those around the borders of stages.
 */
function interruptions({ executor, options }: Subject, stages: readonly MethodStage[]): readonly number[] {
  const all = Array.from({ length: options.totalSteps - 1 }, (_, index) => index + 1);
  if (executor.kind === "cpu") return all;
  const borders = stages.flatMap(({ fromStep }) => [fromStep, fromStep + 1]);
  return all.filter((done) => done === 1 || done === all.length || borders.includes(done));
}

/** What training does, and what it must not do. */
export const trainingChecks: readonly Check[] = [
  {
    name: "learns one batch by heart while the head is frozen",
    usesExecutor: true,
    run: async (subject) => {
      const { overfit, config, totalSteps } = subject.options;
      if (overfit === null) {
        const model = smallBertWithFrozenHead;
        const spectra = spectraOf(randomWeights(model, SEED));
        const { stages } = attachMethod(subject.method, model, config, { totalSteps, spectra });
        const names = stages.flatMap((stage) => trainableTensors(model, stage).map(({ name }) => name));
        assertThat(names.length === 0, `${names.join(", ")} train beside the head: give "overfit" a goal.`);
        return;
      }
      const { learningRate, steps, lossFactor } = overfit;
      const { run } = await attachedRun(subject, {
        model: smallBertWithFrozenHead,
        learningRate,
        optimizer: { ...ADAMW, weightDecay: 0 },
      });
      const head = await headValues(run, smallBertWithFrozenHead);
      const losses: number[] = [];
      for (let step = 0; step < steps; step++) {
        await run.enterStageOf(step);
        losses.push(await run.step(batch, step));
      }
      const after = await headValues(run, smallBertWithFrozenHead);
      await run.dispose();
      assertThat(
        head.every((values, index) => sameBits(values, after[index] as Float32Array)),
        "The head moved, though it is frozen.",
      );
      const [first, last] = [losses[0] as number, losses.at(-1) as number];
      assertThat(
        last <= lossFactor * first,
        `After ${steps} steps on one batch the loss is ${last}, ${last / first} of the first; ${lossFactor} is needed.`,
      );
    },
  },
  {
    name: "moves what trains and nothing else, bit for bit, under AdamW with weight decay",
    usesExecutor: true,
    run: async (subject) => {
      const { run, model, attachment } = await attachedRun(subject);
      for (const stage of attachment.stages) {
        await run.enterStageOf(stage.fromStep);
        const before = await run.values();
        for (const step of stepsOf(stage, attachment.stages, subject)) await run.step(batch, step);
        const after = await run.values();
        const moving = new Set(movingNames(model, stage));
        const trainable = trainableTensors(model, stage).map(({ name }) => name);
        for (const [name, values] of after) {
          const same = sameBits(values, before.get(name) as Float32Array);
          assertThat(moving.has(name) || same, `${name} moved in stage ${stage.name}, though it is frozen.`);
        }
        for (const name of trainable) {
          // The method may set a value back after each step, as a mask does; its moments show that it trains.
          const same = [name, momentNames(name).first].every((tensor) =>
            sameBits(after.get(tensor) as Float32Array, before.get(tensor) as Float32Array),
          );
          assertThat(!same, `${name} did not move in stage ${stage.name}, though it trains.`);
        }
      }
      await run.dispose();
    },
  },
  {
    name: "leaves alone what its update masks freeze, moments too, and moves the rest",
    usesExecutor: true,
    run: async (subject) => {
      const { run } = await attachedRun(subject);
      for (let step = 0; step < subject.options.totalSteps; step++) {
        await run.enterStageOf(step);
        const masks = await updateMasks(subject.executor, run.stage(), step);
        const before = await run.values();
        await run.step(batch, step);
        const after = await run.values();
        for (const [name, mask] of masks) {
          const { first, second } = momentNames(name);
          for (const tensor of [name, first, second]) {
            const [old, now] = [before.get(tensor) ?? [], after.get(tensor) ?? []];
            const moved = mask.map((_, column) =>
              old.some((value, index) => index % mask.length === column && !Object.is(value, now[index])),
            );
            assertThat(
              moved.every((didMove, column) => !didMove || mask[column] !== 0),
              `${tensor} moved at step ${step} in a column that its mask freezes.`,
            );
          }
        }
      }
      await run.dispose();
    },
  },
  {
    name: "ends with the same bits when it was interrupted",
    usesExecutor: true,
    run: async (subject) => {
      const { totalSteps } = subject.options;
      const whole = await attachedRun(subject, { dropout: 0.1 });
      const states: ReadonlyMap<string, Float32Array>[] = [];
      for (let step = 0; step < totalSteps; step++) {
        await whole.run.enterStageOf(step);
        await whole.run.step(batch, step);
        states.push(await whole.run.values());
      }
      await whole.run.dispose();
      const end = states[totalSteps - 1] as ReadonlyMap<string, Float32Array>;
      for (const done of interruptions(subject, whole.attachment.stages)) {
        const { run } = await attachedRun(subject, { dropout: 0.1 });
        await run.enterStageOf(done - 1);
        for (const [name, values] of states[done - 1] ?? []) await run.write(name, values);
        for (let step = done; step < totalSteps; step++) {
          await run.enterStageOf(step);
          await run.step(batch, step);
        }
        const resumed = await run.values();
        await run.dispose();
        for (const [name, values] of end) {
          const found = resumed.get(name);
          assertThat(
            found !== undefined && sameBits(values, found),
            `${name} ends otherwise after an interruption after step ${done}.`,
          );
        }
      }
    },
  },
  {
    name: "accumulates over micro-batches to the gradient and the update of the whole batch",
    usesExecutor: true,
    run: async (subject) => {
      const step = subject.options.totalSteps - 1;
      for (const parts of [2, ROWS]) {
        const micro = Array.from({ length: parts }, (_, index) =>
          rowsOf(batch, (index * ROWS) / parts, ROWS / parts),
        );
        const [whole, cut] = [await trained(subject), await trained(subject)];
        const names = trainableTensors(smallBert, whole.stage()).map(({ name }) => name);
        const lossWhole = await whole.accumulate(batch, step);
        let lossCut = 0;
        for (const part of micro) lossCut += await cut.accumulate(part, step);
        const what = `over ${parts} micro-batches`;
        assertClose(`The loss ${what}`, [lossCut], [lossWhole]);
        await assertCloseTensors(`The gradient ${what}`, cut, whole, names.map(accumulatorName));
        await clear(whole, names.map(accumulatorName));
        await clear(cut, names.map(accumulatorName));
        // A moment is linear in the gradient; AdamW's quotient would magnify the rounding of gradients that are zero.
        await whole.step(batch, step);
        await cut.accumulatedStep(micro, step);
        const moments = names.map((name) => momentNames(name).first);
        await assertCloseTensors(`The first moment after an update ${what}`, cut, whole, moments);
        const left = await cut.values();
        assertThat(
          names.every((name) => left.get(accumulatorName(name))?.every((value) => value === 0)),
          "The accumulators are not at zero after the update.",
        );
        await Promise.all([whole.dispose(), cut.dispose()]);
      }
    },
  },
  {
    name: "draws the same dropout for the same step, another for another, and none in evaluation",
    usesExecutor: true,
    run: async (subject) => {
      const { config, dropoutConfig } = subject.options;
      const settings = [
        { config, dropout: 0.3 },
        ...(dropoutConfig === null ? [] : [{ config: dropoutConfig, dropout: 0 }]),
      ];
      for (const { config: chosen, dropout } of settings) {
        const attached = await attachedRun(subject, { config: chosen, dropout });
        const { run, model } = attached;
        await trainAll(attached, subject);
        const [first, again, other] = [
          await run.accumulate(batch, 5),
          await run.accumulate(batch, 5),
          await run.accumulate(batch, 6),
        ];
        const what = `with ${JSON.stringify(chosen)} and the model's dropout at ${dropout}`;
        assertThat(first === again, `The same step gave the losses ${first} and ${again} ${what}.`);
        assertThat(first !== other, `Two steps gave the same loss ${first} ${what}: nothing was dropped.`);
        const { nodes } = buildEvaluationGraph(model, run.stage(), batch);
        assertThat(!nodes.some(({ op }) => op === "dropout"), `The evaluation graph has dropout ${what}.`);
        const [logits, logitsAgain] = [await run.logits(batch), await run.logits(batch)];
        await run.dispose();
        assertThat(sameBits(logits, logitsAgain), `Two evaluations gave different logits ${what}.`);
      }
    },
  },
];

function stepsOf(
  stage: MethodStage,
  stages: readonly MethodStage[],
  { options }: Subject,
): readonly number[] {
  const end = stages.find(({ fromStep }) => fromStep > stage.fromStep)?.fromStep ?? options.totalSteps;
  return Array.from({ length: end - stage.fromStep }, (_, index) => stage.fromStep + index);
}

function movingNames(model: ModelShape, stage: MethodStage): readonly string[] {
  const trainable = trainableTensors(model, stage).flatMap(({ name }) => {
    const { first, second } = momentNames(name);
    return [name, first, second];
  });
  return [
    ...trainable,
    ...stage.parameters.flatMap(({ name, changedByMethod }) => (changedByMethod === true ? [name] : [])),
  ];
}

async function headValues(
  run: SuiteRun,
  { architecture, config, head }: ModelShape,
): Promise<Float32Array[]> {
  const values = await run.values();
  return architecture
    .parameters(config, head)
    .filter(({ role }) => role === "head")
    .map(({ name }) => values.get(name) as Float32Array);
}

/** A run after all its steps: gradients of all that trains are there by then. */
async function trained(subject: Subject): Promise<SuiteRun> {
  const attached = await attachedRun(subject);
  await trainAll(attached, subject);
  return attached.run;
}

async function clear(run: SuiteRun, names: readonly string[]): Promise<void> {
  const values = await run.values();
  for (const name of names) await run.write(name, new Float32Array(values.get(name)?.length ?? 0));
}

async function assertCloseTensors(
  what: string,
  found: SuiteRun,
  expected: SuiteRun,
  names: readonly string[],
): Promise<void> {
  const [a, b] = [await found.values(), await expected.values()];
  const all = (values: typeof a): number[] => names.flatMap((name) => [...(values.get(name) ?? [])]);
  assertClose(what, all(a), all(b));
}

/** Differences are relative to the largest element, as those of small elements are rounding of large ones. */
function assertClose(what: string, found: readonly number[], expected: readonly number[]): void {
  const scale = Math.max(...expected.map(Math.abs));
  const difference = largestDifference(found, expected) / scale;
  assertThat(
    difference <= ACCUMULATION_TOLERANCE,
    `${what} differs by ${difference} of its largest element; ${ACCUMULATION_TOLERANCE} is allowed.`,
  );
}
