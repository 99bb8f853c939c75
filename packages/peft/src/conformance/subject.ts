import type { AdamWOptions } from "@peftbench/runtime";
import type { BaseValues, MethodAttachment, ModelShape } from "../index.ts";
import { attachMethod, bareModel } from "../index.ts";
import { spectraOf } from "../spectra/spectra.ts";
import { randomBatch } from "./batch.ts";
import type { Subject } from "./check.ts";
import { randomWeights, smallBert } from "./models.ts";
import type { SuiteRun } from "./suiteRun.ts";
import { startRun } from "./suiteRun.ts";

export const SEED = 11;
export const ROWS = 4;
export const batch = randomBatch(ROWS, SEED);

/** Decay is on, so that what must not move would show. */
export const ADAMW: AdamWOptions = {
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0.1,
  maxGradientNorm: 1,
};

export interface RunSettings {
  readonly model?: ModelShape;
  readonly config?: unknown;
  readonly learningRate?: number;
  readonly optimizer?: AdamWOptions;
  readonly dropout?: number;
}

export interface AttachedRun {
  readonly run: SuiteRun;
  readonly model: ModelShape;
  readonly attachment: MethodAttachment;
  readonly base: BaseValues;
}

/** The subject's method, attached to the suite's model and ready to train. */
export async function attachedRun(subject: Subject, settings: RunSettings = {}): Promise<AttachedRun> {
  const { method, options, executor } = subject;
  const model = settings.model ?? smallBert;
  const base = randomWeights(model, SEED);
  const config = settings.config ?? options.config;
  const spectra = spectraOf(base);
  const attachment = attachMethod(method, model, config, { totalSteps: options.totalSteps, spectra });
  const run = await startRun({
    executor,
    model,
    attachment,
    base,
    seed: SEED,
    spectra,
    learningRate: settings.learningRate ?? 0.01,
    optimizer: settings.optimizer ?? ADAMW,
    dropout: settings.dropout ?? 0,
  });
  return { run, model, attachment, base };
}

/** All of the method's steps on the suite's batch, through all its stages. */
export async function trainAll({ run }: AttachedRun, subject: Subject): Promise<void> {
  for (let step = 0; step < subject.options.totalSteps; step++) {
    await run.enterStageOf(step);
    await run.step(batch, step);
  }
}

/** Logits of the model without the method, with `values` for its parameters. */
export async function bareLogits(
  subject: Subject,
  model: ModelShape,
  values: ReadonlyMap<string, Float32Array>,
): Promise<Float32Array> {
  const { architecture, config, head } = model;
  const base = new Map(
    architecture.parameters(config, head).map(({ name, shape }) => {
      return [name, { shape, dtype: "f32", data: values.get(name) as Float32Array } as const];
    }),
  );
  const nothing = { mergedWeight: () => null, toPeft: () => null, fromPeft: () => new Map() };
  const run = await startRun({
    executor: subject.executor,
    model: { ...model, headParameters: new Set() },
    attachment: { ...nothing, stages: [bareModel] },
    base,
    seed: SEED,
    learningRate: 0,
    optimizer: ADAMW,
    dropout: 0,
  });
  const logits = await run.logits(batch);
  await run.dispose();
  return logits;
}

/** Reads from a map that must have the name. */
export function reader(values: ReadonlyMap<string, Float32Array>): (name: string) => Float32Array {
  return (name) => {
    const found = values.get(name);
    if (found === undefined) throw new RangeError(`There is no tensor ${name}.`);
    return found;
  };
}
