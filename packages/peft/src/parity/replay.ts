import { loadPretrained } from "@peftbench/models";
import type { AdamWOptions, Executor, Graph, ParameterStore, Program, SavePolicy } from "@peftbench/runtime";
import { adamWInputs, applySavePolicy, feedsOf, OPTIMIZER_OUTPUTS } from "@peftbench/runtime";
import type { BaseValues, MethodAttachment, MethodStage, ModelShape, PeftMethod } from "../index.ts";
import {
  attachMethod,
  buildEvaluationGraph,
  buildTrainingGraph,
  EVALUATION_OUTPUTS,
  initialState,
  nextStageState,
  spectraOf,
  TRAINING_INPUTS,
  TRAINING_OUTPUTS,
  trainableTensors,
} from "../index.ts";
import type { JobBatch, TrainingJob } from "./trainingJob.ts";
import type { WeightForm } from "./weightForm.ts";
import { graphInForm, weightsInForm } from "./weightForm.ts";

export interface Replay {
  readonly steps: readonly { readonly loss: number; readonly gradientNorm: number }[];
  /** Final values of everything that trained in any stage, as the last one has it. */
  readonly trained: ReadonlyMap<string, Float32Array>;
  /** Logits of the rows with weight of each evaluation batch, in their order. */
  readonly logits: readonly {
    readonly batch: number;
    readonly row: number;
    readonly logits: readonly number[];
  }[];
}

export interface ReplayOptions {
  readonly executor: Executor;
  readonly method: PeftMethod;
  readonly config: unknown;
  readonly savePolicy: SavePolicy;
  /** How frozen matrices are held; f32 where absent. */
  readonly weights?: WeightForm;
  /** Which of the job's first values are taken, by name; all where absent. The method makes the others. */
  readonly takesInitial?: RegExp;
  /** Called after every step with access to the stage's tensors, for what else is to be compared. */
  readonly afterStep?: (step: number, read: ReadTensor) => Promise<void>;
}

/** The present value of one of the stage's tensors. */
export type ReadTensor = (name: string) => Promise<Float32Array>;

/** The model that a job trains, with its pretrained values. */
export async function jobModel(
  job: TrainingJob,
): Promise<{ readonly model: ModelShape; readonly base: BaseValues }> {
  const head = { kind: "classification", labelCount: job.labelCount } as const;
  const pretrained = await loadPretrained(job.modelFolder, head, { seed: 0 });
  return { model: { ...pretrained, head }, base: pretrained.values };
}

/** Runs a training job with a method: the same batches and learning rates from the same first values. */
export async function replayJob(job: TrainingJob, options: ReplayOptions): Promise<Replay> {
  const { method, config, takesInitial } = options;
  const { model, base } = await jobModel(job);
  const spectra = spectraOf(base);
  const attachment = attachMethod(method, model, config, { totalSteps: job.steps.length, spectra });
  const given = new Map([...job.initial].filter(([name]) => takesInitial?.test(name) ?? true));
  const first = initialState(model, attachment, base, {
    seed: 0,
    accumulate: false,
    spectra,
    given,
  });

  const steps: Replay["steps"][number][] = [];
  let run: StageRun | null = null;
  for (const { step, batch: index, learningRate } of job.steps) {
    const stage = attachment.stages.findLast(({ fromStep }) => fromStep <= step) as MethodStage;
    if (run?.stage !== stage) {
      const before = await run?.end(run.names);
      const state =
        before === undefined ? first : nextStageState(model, stage, before, { accumulate: false });
      run = await StageRun.begin(job, model, stage, state, options);
    }
    const batch = job.train[index] as JobBatch;
    const stepInputs = Object.fromEntries(
      (stage.stepInputs ?? []).map(({ name, valueAt }) => [name, Float32Array.of(valueAt(step))]),
    );
    const program = await run.program("train", batch);
    const outputs = await program.run({
      ...batch.inputs,
      ...adamWInputs(step, learningRate, job),
      ...stepInputs,
    });
    steps.push({
      loss: outputs[TRAINING_OUTPUTS.loss]?.data[0] as number,
      gradientNorm: outputs[OPTIMIZER_OUTPUTS.gradientNorm]?.data[0] as number,
    });
    await options.afterStep?.(step, run.read);
  }
  if (run === null) throw new RangeError("The job has no steps.");
  const logits = await evaluationLogits(job, run);
  return { steps, trained: await run.end(namesThatTrain(model, attachment, run.names)), logits };
}

/** Those names whose tensors train in any stage. */
function namesThatTrain(
  model: ModelShape,
  { stages }: MethodAttachment,
  names: readonly string[],
): readonly string[] {
  const trainable = new Set(
    stages.flatMap((stage) => trainableTensors(model, stage).map(({ name }) => name)),
  );
  return names.filter((name) => trainable.has(name));
}

async function evaluationLogits(job: TrainingJob, run: StageRun): Promise<Replay["logits"]> {
  const found: Replay["logits"][number][] = [];
  for (const [index, batch] of job.evaluation.entries()) {
    const program = await run.program("evaluate", batch);
    const outputs = await program.run(feedsOf(program.graph, batch.inputs));
    const all = outputs[EVALUATION_OUTPUTS.logits]?.data as Float32Array;
    const weights = batch.inputs[TRAINING_INPUTS.rowWeight] as Float32Array;
    weights.forEach((weight, row) => {
      const own = [...all.subarray(row * job.labelCount, (row + 1) * job.labelCount)];
      if (weight > 0) found.push({ batch: index, row, logits: own });
    });
  }
  return found;
}

/** The parameters of a stage and the programs compiled against them, one for each shape of batch. */
class StageRun {
  readonly stage: MethodStage;
  readonly #model: ModelShape;
  readonly #optimizer: AdamWOptions;
  readonly #options: ReplayOptions;
  readonly #store: ParameterStore;
  readonly #programs = new Map<string, Program>();

  private constructor(
    stage: MethodStage,
    model: ModelShape,
    optimizer: AdamWOptions,
    options: ReplayOptions,
    store: ParameterStore,
  ) {
    this.stage = stage;
    this.#model = model;
    this.#optimizer = optimizer;
    this.#options = options;
    this.#store = store;
  }

  static async begin(
    job: TrainingJob,
    model: ModelShape,
    stage: MethodStage,
    state: ReturnType<typeof initialState>,
    options: ReplayOptions,
  ): Promise<StageRun> {
    const graph = trainingGraph(model, stage, job.train[0] as JobBatch, job);
    const values = weightsInForm(options.weights ?? "f32", graph, state);
    return new StageRun(stage, model, job, options, await options.executor.createStore(values));
  }

  async program(kind: "train" | "evaluate", batch: JobBatch): Promise<Program> {
    const { executor, savePolicy, weights = "f32" } = this.#options;
    const key = `${kind} ${batch.rows} ${batch.length}`;
    const known = this.#programs.get(key);
    if (known !== undefined) return known;
    const graph =
      kind === "evaluate"
        ? graphInForm(weights, buildEvaluationGraph(this.#model, this.stage, batch))
        : applySavePolicy(
            graphInForm(weights, trainingGraph(this.#model, this.stage, batch, this.#optimizer)),
            savePolicy,
          );
    const made = await executor.compile(graph, this.#store);
    this.#programs.set(key, made);
    return made;
  }

  readonly read: ReadTensor = (name) => this.#store.read(name);

  get names(): readonly string[] {
    return this.#store.names;
  }

  /** Frees all that the stage holds and gives the values of these tensors. */
  async end(names: readonly string[]): Promise<ReadonlyMap<string, Float32Array>> {
    for (const program of this.#programs.values()) await program.dispose();
    const values = new Map<string, Float32Array>();
    for (const name of names) values.set(name, await this.#store.read(name));
    this.#store.release(this.#store.names);
    return values;
  }
}

function trainingGraph(
  model: ModelShape,
  stage: MethodStage,
  batch: JobBatch,
  optimizer: AdamWOptions,
): Graph {
  return buildTrainingGraph(model, stage, {
    batch,
    optimizer,
    decayBiasesAndNorms: true,
    headLearningRateScale: 1,
    kind: "step",
    dropout: 0,
  });
}
