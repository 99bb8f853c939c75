import type { ParameterDeclaration } from "@peftbench/models";
import type { Executor, HostTensor, ParameterStore, Program, ProgramInputs } from "@peftbench/runtime";
import {
  adamWInputs,
  feedsOf,
  learningRateAt,
  momentNames,
  noiseKey,
  OPTIMIZER_OUTPUTS,
  scalarOf,
} from "@peftbench/runtime";
import { adamWOptions } from "../training/graphs.ts";
import type { PretrainingConfig } from "./config.ts";
import { drawFirstValues } from "./firstValues.ts";
import type { PretrainingModel, PretrainingShape } from "./graphs.ts";
import {
  buildHeldOutGraph,
  buildPretrainingGraph,
  PRETRAINING_OUTPUTS,
  parametersOf,
  positionTableOf,
} from "./graphs.ts";
import { totalSteps } from "./phases.ts";

export interface PretrainingStep {
  readonly loss: number;
  readonly tokenLoss: number;
  readonly nextSentenceLoss: number;
  /** Before clipping. */
  readonly gradientNorm: number;
  readonly learningRate: number;
}

/** A model in pretraining on an executor, from random first values. */
export class Pretrainer {
  readonly #training: PretrainingConfig["training"];
  readonly #totalSteps: number;
  readonly #store: ParameterStore;
  readonly #positionTable: ParameterDeclaration;
  readonly #compileStep: (shape: PretrainingShape) => Promise<Program>;
  readonly #heldOut: Program;
  #step: { readonly shape: PretrainingShape; readonly program: Program } | null = null;

  static async create(
    executor: Executor,
    model: PretrainingModel,
    evaluationShape: PretrainingShape,
    config: PretrainingConfig,
  ): Promise<Pretrainer> {
    const { training } = config;
    const store = await executor.createStore(firstValues(model, training.seed));
    const options = { ...training, optimizer: adamWOptions(training) };
    return new Pretrainer(
      config,
      store,
      positionTableOf(model),
      (shape) => executor.compile(buildPretrainingGraph(model, shape, options), store),
      await executor.compile(buildHeldOutGraph(model, evaluationShape), store),
    );
  }

  private constructor(
    config: PretrainingConfig,
    store: ParameterStore,
    positionTable: ParameterDeclaration,
    compileStep: (shape: PretrainingShape) => Promise<Program>,
    heldOut: Program,
  ) {
    this.#training = config.training;
    this.#totalSteps = totalSteps(config);
    this.#store = store;
    this.#positionTable = positionTable;
    this.#compileStep = compileStep;
    this.#heldOut = heldOut;
  }

  /** One update, `step` counted from 0 over all phases. */
  async step(inputs: ProgramInputs, shape: PretrainingShape, step: number): Promise<PretrainingStep> {
    const { learningRate: peakLearningRate, warmupRatio, seed } = this.#training;
    const schedule = { name: "linear", peakLearningRate, warmupRatio, totalSteps: this.#totalSteps } as const;
    const learningRate = learningRateAt(step, schedule);
    const program = await this.#programFor(shape);
    const outputs = await program.run(
      feedsOf(program.graph, {
        ...inputs,
        ...adamWInputs(step, learningRate, this.#training),
        noiseKey: Uint32Array.of(noiseKey(seed, step)),
      }),
    );
    return {
      loss: scalarOf(outputs[PRETRAINING_OUTPUTS.loss]),
      tokenLoss: scalarOf(outputs[PRETRAINING_OUTPUTS.tokenLoss]),
      nextSentenceLoss: scalarOf(outputs[PRETRAINING_OUTPUTS.nextSentenceLoss]),
      gradientNorm: scalarOf(outputs[OPTIMIZER_OUTPUTS.gradientNorm]),
      learningRate,
    };
  }

  /** The step's program; a phase has one, which goes with it. */
  async #programFor(shape: PretrainingShape): Promise<Program> {
    const known = this.#step;
    if (known?.shape === shape) return known.program;
    await known?.program.dispose();
    const program = await this.#compileStep(shape);
    this.#step = { shape, program };
    return program;
  }

  /**
   * Gives the positions from `trained` on the values of those before, over and over: a longer row then starts with
   * positions that tell neighbours apart, where first values would mislead all that earlier phases have learnt.
   */
  async repeatPositions(trained: number): Promise<void> {
    const { name, shape } = this.#positionTable;
    const values = (await this.#store.read(name)).slice();
    const known = trained * (shape[1] as number);
    for (let index = known; index < values.length; index++) values[index] = values[index % known] as number;
    await this.#store.write(name, values);
  }

  /** Cross-entropy of every place of a batch [rows * places], without dropout. */
  async placeLosses(inputs: ProgramInputs): Promise<Float32Array> {
    const outputs = await this.#heldOut.run(feedsOf(this.#heldOut.graph, inputs));
    return outputs[PRETRAINING_OUTPUTS.placeLosses]?.data as Float32Array;
  }

  /** Parameters and moments by name: what a checkpoint must hold. */
  async state(): Promise<ReadonlyMap<string, Float32Array>> {
    const state = new Map<string, Float32Array>();
    for (const name of this.#store.names) state.set(name, await this.#store.read(name));
    return state;
  }

  /** @throws {RangeError} where a tensor is missing */
  async restore(state: ReadonlyMap<string, Float32Array>): Promise<void> {
    for (const name of this.#store.names) {
      const values = state.get(name);
      if (values === undefined) throw new RangeError(`The checkpoint lacks ${name}.`);
      await this.#store.write(name, values);
    }
  }

  async read(name: string): Promise<Float32Array> {
    return this.#store.read(name);
  }

  async dispose(): Promise<void> {
    await this.#step?.program.dispose();
    await this.#heldOut.dispose();
    this.#store.release(this.#store.names);
  }
}

/** Every parameter at its first value, and its moments at zero. */
function firstValues(model: PretrainingModel, seed: number): ReadonlyMap<string, HostTensor> {
  const values = new Map<string, HostTensor>();
  for (const parameter of parametersOf(model)) {
    const { name, shape } = parameter;
    const data = drawFirstValues(parameter, seed);
    values.set(name, { shape, dtype: "f32", data });
    for (const moment of Object.values(momentNames(name))) {
      values.set(moment, { shape, dtype: "f32", data: new Float32Array(data.length) });
    }
  }
  return values;
}
