import type { AdamWOptions, Executor, Graph, ParameterStore, Program } from "@peftbench/runtime";
import { adamWInputs, feedsOf, noiseKey, pruneGraph, scalarOf } from "@peftbench/runtime";
import type {
  BaseValues,
  MethodAttachment,
  MethodStage,
  ModelShape,
  Spectra,
  TrainingGraphKind,
} from "../index.ts";
import {
  buildEvaluationGraph,
  buildTrainingGraph,
  buildUpdateGraph,
  EVALUATION_OUTPUTS,
  initialState,
  nextStageState,
  TRAINING_INPUTS,
  TRAINING_OUTPUTS,
} from "../index.ts";
import type { SuiteBatch } from "./batch.ts";

export interface SuiteRunOptions {
  readonly executor: Executor;
  readonly model: ModelShape;
  readonly attachment: MethodAttachment;
  readonly base: BaseValues;
  readonly seed: number;
  readonly spectra?: Spectra;
  readonly learningRate: number;
  readonly optimizer: AdamWOptions;
  readonly dropout: number;
}

/** Training as the harness does it, in its barest form. */
export interface SuiteRun {
  readonly stage: () => MethodStage;
  /** Present values of all parameters, optimizer state included. */
  readonly values: () => Promise<ReadonlyMap<string, Float32Array>>;
  readonly read: (name: string) => Promise<Float32Array>;
  readonly write: (name: string, values: Float32Array) => Promise<void>;
  /** Moves on to the stage that `step` belongs to. */
  readonly enterStageOf: (step: number) => Promise<void>;
  /** One optimizer step on one batch; gives its loss. */
  readonly step: (batch: SuiteBatch, step: number) => Promise<number>;
  /** One optimizer step on a batch cut into micro-batches; gives its loss. */
  readonly accumulatedStep: (parts: readonly SuiteBatch[], step: number) => Promise<number>;
  /** Adds a batch's gradients to the accumulators and gives its loss; updates nothing. */
  readonly accumulate: (batch: SuiteBatch, step: number) => Promise<number>;
  /** The loss that `accumulate` gives, without a backward pass; changes nothing. */
  readonly loss: (batch: SuiteBatch, step: number) => Promise<number>;
  readonly logits: (batch: SuiteBatch) => Promise<Float32Array>;
  readonly dispose: () => Promise<void>;
}

export async function startRun(options: SuiteRunOptions): Promise<SuiteRun> {
  const { executor, model, attachment, base, seed, learningRate, optimizer } = options;
  const programs = new Map<string, Program>();
  let stageIndex = 0;
  let store: ParameterStore = await executor.createStore(
    initialState(model, attachment, base, {
      seed,
      accumulate: true,
      ...(options.spectra === undefined ? {} : { spectra: options.spectra }),
    }),
  );
  const stage = (): MethodStage => attachment.stages[stageIndex] as MethodStage;

  const programOf = async (key: string, build: () => Graph): Promise<Program> => {
    const known = programs.get(key);
    if (known !== undefined) return known;
    const program = await executor.compile(build(), store);
    programs.set(key, program);
    return program;
  };
  const disposePrograms = async (): Promise<void> => {
    for (const program of programs.values()) await program.dispose();
    programs.clear();
  };
  const isFrozen = (name: string): boolean => {
    const own = stage().parameters.find((parameter) => parameter.name === name);
    return own !== undefined && !own.trainable && own.changedByMethod !== true;
  };
  const updateRules = { optimizer, decayBiasesAndNorms: true, headLearningRateScale: 1 };
  const training = (batch: SuiteBatch, kind: TrainingGraphKind): Promise<Program> =>
    programOf(`${kind} ${batch.rows}`, () =>
      buildTrainingGraph(model, stage(), { ...updateRules, batch, kind, dropout: options.dropout }),
    );
  const run = async (program: Program, batch: SuiteBatch | null, step: number): Promise<number> => {
    const available = {
      ...batch?.inputs,
      [TRAINING_INPUTS.noiseKey]: Uint32Array.of(noiseKey(seed, step)),
      ...adamWInputs(step, learningRate, optimizer),
      ...Object.fromEntries(
        (stage().stepInputs ?? []).map(({ name, valueAt }) => [name, Float32Array.of(valueAt(step))]),
      ),
    };
    const outputs = await program.run(feedsOf(program.graph, available));
    return scalarOf(outputs[TRAINING_OUTPUTS.loss]);
  };
  const values = async (): Promise<ReadonlyMap<string, Float32Array>> => {
    // At once: on a device, each waits for its answer.
    return new Map(
      await Promise.all(
        store.names.map(async (name): Promise<[string, Float32Array]> => [name, await store.read(name)]),
      ),
    );
  };
  const accumulate = async (batch: SuiteBatch, step: number): Promise<number> =>
    run(await training(batch, "accumulate"), batch, step);

  return {
    stage,
    values,
    read: (name) => store.read(name),
    write: async (name, data) => {
      // An executor may bake frozen values into its programs.
      if (isFrozen(name)) await disposePrograms();
      await store.write(name, data);
    },
    enterStageOf: async (step) => {
      for (;;) {
        const next = attachment.stages[stageIndex + 1];
        if (next === undefined || next.fromStep > step) return;
        const before = await values();
        stageIndex += 1;
        await disposePrograms();
        store = await executor.createStore(nextStageState(model, next, before, { accumulate: true }));
      }
    },
    step: async (batch, step) => run(await training(batch, "step"), batch, step),
    accumulatedStep: async (parts, step) => {
      let loss = 0;
      for (const part of parts) loss += await accumulate(part, step);
      await run(await programOf("update", () => buildUpdateGraph(model, stage(), updateRules)), null, step);
      return loss;
    },
    accumulate,
    loss: async (batch, step) => {
      const program = await programOf(`loss ${batch.rows}`, () => {
        const whole = buildTrainingGraph(model, stage(), {
          ...updateRules,
          batch,
          kind: "accumulate",
          dropout: options.dropout,
        });
        return pruneGraph({ ...whole, states: [] });
      });
      return run(program, batch, step);
    },
    logits: async (batch) => {
      const program = await programOf(`evaluate ${batch.rows}`, () =>
        buildEvaluationGraph(model, stage(), batch),
      );
      const outputs = await program.run(feedsOf(program.graph, batch.inputs));
      return outputs[EVALUATION_OUTPUTS.logits]?.data as Float32Array;
    },
    dispose: disposePrograms,
  };
}
