import type { BaseValues, MethodAttachment, MethodStage, ModelShape, Spectra } from "@peftbench/peft";
import {
  EVALUATION_OUTPUTS,
  initialState,
  nextStageState,
  optimizerTensors,
  SCORING_OUTPUTS,
  TRAINING_INPUTS,
  TRAINING_OUTPUTS,
  trainableTensors,
} from "@peftbench/peft";
import type { Executor, Graph, HostTensor, ParameterStore, Program } from "@peftbench/runtime";
import {
  adamWInputs,
  feedsOf,
  learningRateAt,
  noiseKey,
  OPTIMIZER_OUTPUTS,
  roundFrozenWeightsToHalf,
  scalarOf,
} from "@peftbench/runtime";
import type { TrainingConfig } from "../config.ts";
import { evaluationGraph, scoringGraph, trainingGraph, updateGraph } from "./graphs.ts";
import type { StepBatch } from "./stepBatch.ts";
import { sliceRows } from "./stepBatch.ts";

/** All that decides a run's arithmetic. */
export interface TrainerOptions {
  readonly executor: Executor;
  readonly model: ModelShape;
  readonly attachment: MethodAttachment;
  readonly base: BaseValues;
  readonly spectra?: Spectra;
  readonly training: TrainingConfig;
  readonly seed: number;
  readonly totalSteps: number;
  /** Told how long each program took to build, when it is first needed. */
  readonly onCompile: (compileMs: number) => void;
  readonly nowMs: () => number;
  /** Told when a stage begins, and when it ends by another one beginning, its programs still there. */
  readonly onStageStart?: (stage: MethodStage) => void;
  readonly onStageEnd?: (trainer: Trainer) => void;
}

export interface StepOutcome {
  readonly loss: number;
  /** Before clipping. */
  readonly gradientNorm: number;
  /** False where the gradient's norm was not finite and nothing was updated. */
  readonly updated: boolean;
  readonly learningRate: number;
}

function stateOptions({ accumulationSteps, optimizer }: TrainingConfig) {
  return { accumulate: accumulationSteps > 1, optimizer } as const;
}

/** Values for a store that programs of a stage are compiled against: rounded where its graphs store weights as f16. */
function storedValues(
  { model, training }: TrainerOptions,
  stage: MethodStage,
  state: ReadonlyMap<string, HostTensor>,
): ReadonlyMap<string, HostTensor> {
  if (training.frozenWeights === "f32") return state;
  // Which weights depends on the parameters alone, so any graph of the stage will do.
  return roundFrozenWeightsToHalf(evaluationGraph(model, stage, training, { rows: 1, length: 1 }), state);
}

/** A model in training on an executor: its parameters, the programs compiled so far, and the method's stage. */
export class Trainer {
  readonly #options: TrainerOptions;
  readonly #programs = new Map<string, Program>();
  #stageIndex = 0;
  #store: ParameterStore;

  static async create(options: TrainerOptions): Promise<Trainer> {
    const { executor, model, attachment, base, spectra, seed, training } = options;
    const state = initialState(model, attachment, base, {
      seed,
      ...stateOptions(training),
      ...(spectra === undefined ? {} : { spectra }),
    });
    const store = await executor.createStore(
      storedValues(options, attachment.stages[0] as MethodStage, state),
    );
    return new Trainer(options, store);
  }

  private constructor(options: TrainerOptions, store: ParameterStore) {
    this.#options = options;
    this.#store = store;
  }

  get stage(): MethodStage {
    return this.#options.attachment.stages[this.#stageIndex] as MethodStage;
  }

  get training(): TrainingConfig {
    return this.#options.training;
  }

  /** One optimizer step, `step` counted from 0. */
  async step(batch: StepBatch, step: number): Promise<StepOutcome> {
    await this.enterStageOf(step);
    const { training, totalSteps, seed } = this.#options;
    const learningRate = learningRateAt(step, {
      name: training.schedule,
      peakLearningRate: training.learningRate,
      warmupRatio: training.warmupRatio,
      totalSteps,
    });
    const optimizer = adamWInputs(step, learningRate, training);
    const stageInputs = Object.fromEntries(
      (this.stage.stepInputs ?? []).map(({ name, valueAt }) => [name, Float32Array.of(valueAt(step))]),
    );
    const program = await this.#program(`train:${batch.length}:${batch.targetLength ?? ""}`, () =>
      trainingGraph(this.#options.model, this.stage, training, batch),
    );
    const microRows = batch.rows / training.accumulationSteps;
    let loss = 0;
    let outputs: Awaited<ReturnType<Program["run"]>> = {};
    for (let micro = 0; micro < training.accumulationSteps; micro++) {
      const part = training.accumulationSteps === 1 ? batch : sliceRows(batch, micro * microRows, microRows);
      const key = Uint32Array.of(noiseKey(seed, step * training.accumulationSteps + micro));
      outputs = await program.run(
        feedsOf(program.graph, {
          ...part.feeds,
          [TRAINING_INPUTS.noiseKey]: key,
          ...optimizer,
          ...stageInputs,
        }),
      );
      loss += scalarOf(outputs[TRAINING_OUTPUTS.loss]);
    }
    if (training.accumulationSteps > 1) {
      const update = await this.#program("update", () =>
        updateGraph(this.#options.model, this.stage, training),
      );
      outputs = await update.run(feedsOf(update.graph, { ...optimizer, ...stageInputs }));
    }
    return {
      loss,
      gradientNorm: scalarOf(outputs[OPTIMIZER_OUTPUTS.gradientNorm]),
      updated: scalarOf(outputs[OPTIMIZER_OUTPUTS.stepTaken]) === 1,
      learningRate,
    };
  }

  /** Logits of a batch without dropout, in row-major order: [rows, labels], of a language model [rows * length, vocabulary]. */
  async logits(batch: StepBatch): Promise<Float32Array> {
    const program = await this.#program(
      `evaluate:${batch.length}:${batch.targetLength ?? ""}:${batch.rows}`,
      () => evaluationGraph(this.#options.model, this.stage, this.#options.training, batch),
    );
    const outputs = await program.run(feedsOf(program.graph, batch.feeds));
    return outputs[EVALUATION_OUTPUTS.logits]?.data as Float32Array;
  }

  /** Negative log-probability of each label of a language model's batch, without dropout: [rows * length]. */
  async tokenLosses(batch: StepBatch): Promise<Float32Array> {
    const program = await this.#program(
      `score:${batch.length}:${batch.targetLength ?? ""}:${batch.rows}`,
      () => scoringGraph(this.#options.model, this.stage, this.#options.training, batch),
    );
    const outputs = await program.run(feedsOf(program.graph, batch.feeds));
    return outputs[SCORING_OUTPUTS.tokenLosses]?.data as Float32Array;
  }

  /** Values of everything that training changes: what a checkpoint must hold. */
  async state(): Promise<ReadonlyMap<string, Float32Array>> {
    const state = new Map<string, Float32Array>();
    for (const name of this.#mutableNames()) state.set(name, await this.#store.read(name));
    return state;
  }

  /** Puts the values of a checkpoint back; `step` is the next one to run. */
  async restore(state: ReadonlyMap<string, Float32Array>, step: number): Promise<void> {
    await this.enterStageOf(step - 1);
    for (const name of this.#mutableNames()) {
      const values = state.get(name);
      if (values === undefined) throw new RangeError(`The checkpoint lacks ${name}.`);
      await this.#store.write(name, values);
    }
  }

  /**
   * Copies of what decides predictions and may change in training: base and head parameters that train in any stage,
   * and the method's own tensors of the present one (masks and ranks included). They are on the host.
   */
  async adapted(): Promise<ReadonlyMap<string, Float32Array>> {
    const values = new Map<string, Float32Array>();
    for (const name of this.#adaptedNames(this.stage))
      values.set(name, (await this.#store.read(name)).slice());
    return values;
  }

  /**
   * Puts back what `adapted` gave after `stepsDone` steps, in the stage of that moment, for evaluation alone: the
   * optimizer's state is not put back.
   */
  async restoreAdapted(values: ReadonlyMap<string, Float32Array>, stepsDone: number): Promise<void> {
    const { model, executor, training, attachment } = this.#options;
    const stageIndex = attachment.stages.findLastIndex(({ fromStep }) => fromStep < stepsDone);
    if (stageIndex === this.#stageIndex) {
      for (const [name, value] of values) await this.#store.write(name, value);
      return;
    }
    const { carryOver: _, ...stage } = attachment.stages[stageIndex] as MethodStage;
    const all = new Map(values);
    for (const { name } of model.architecture.parameters(model.config, model.head)) {
      if (!all.has(name)) all.set(name, await this.#store.read(name));
    }
    this.#stageIndex = stageIndex;
    await this.#disposePrograms();
    this.#store.release(this.#store.names);
    const state = nextStageState(model, stage, all, stateOptions(training));
    this.#store = await executor.createStore(storedValues(this.#options, stage, state));
  }

  #adaptedNames(stage: MethodStage): readonly string[] {
    const { model, attachment } = this.#options;
    const base = attachment.stages
      .flatMap((any) => trainableTensors(model, any))
      .filter(({ role }) => role !== "adapterWeight");
    return [...new Set([...base, ...stage.parameters].map(({ name }) => name))];
  }

  /** Present values of one parameter. */
  async read(name: string): Promise<Float32Array> {
    return this.#store.read(name);
  }

  /** The graphs of all programs of the present stage that were compiled so far. */
  compiledGraphs(): readonly Graph[] {
    return [...this.#programs.values()].map(({ graph }) => graph);
  }

  async dispose(): Promise<void> {
    await this.#disposePrograms();
    this.#store.release(this.#store.names);
  }

  #mutableNames(): readonly string[] {
    const { model, training } = this.#options;
    const trainable = trainableTensors(model, this.stage).map(({ name }) => name);
    const own = this.stage.parameters.map(({ name }) => name);
    const optimizer = optimizerTensors(model, this.stage, stateOptions(training)).keys();
    return [...new Set([...trainable, ...own, ...optimizer])];
  }

  /** Moves on to the stage that `step` belongs to, carrying values over and releasing the rest. */
  async enterStageOf(step: number): Promise<void> {
    const { stages } = this.#options.attachment;
    for (let next = stages[this.#stageIndex + 1]; next !== undefined && next.fromStep <= step; ) {
      this.#options.onStageEnd?.(this);
      const before = new Map<string, Float32Array>();
      for (const name of this.#store.names) before.set(name, await this.#store.read(name));
      this.#stageIndex += 1;
      await this.#disposePrograms();
      // The old ones go first, so that both never take memory together.
      this.#store.release(this.#store.names);
      const state = nextStageState(this.#options.model, next, before, stateOptions(this.#options.training));
      this.#store = await this.#options.executor.createStore(storedValues(this.#options, next, state));
      this.#options.onStageStart?.(this.stage);
      next = stages[this.#stageIndex + 1];
    }
  }

  async #program(key: string, build: () => Graph): Promise<Program> {
    const known = this.#programs.get(key);
    if (known !== undefined) return known;
    const started = this.#options.nowMs();
    const program = await this.#options.executor.compile(build(), this.#store);
    this.#options.onCompile(this.#options.nowMs() - started);
    this.#programs.set(key, program);
    return program;
  }

  async #disposePrograms(): Promise<void> {
    for (const program of this.#programs.values()) await program.dispose();
    this.#programs.clear();
  }
}
