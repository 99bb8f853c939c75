import { loadPretrained } from "@peftbench/models";
import type { AdamWOptions, Executor, Graph, Program, SavePolicy } from "@peftbench/runtime";
import { adamWInputs, applySavePolicy, leavesOf, OPTIMIZER_OUTPUTS } from "@peftbench/runtime";
import type { ModelShape, PeftMethod } from "../index.ts";
import {
  attachMethod,
  buildEvaluationGraph,
  buildTrainingGraph,
  EVALUATION_OUTPUTS,
  initialState,
  TRAINING_INPUTS,
  TRAINING_OUTPUTS,
  trainableTensors,
} from "../index.ts";
import type { JobBatch, TrainingJob } from "./trainingJob.ts";
import type { WeightForm } from "./weightForm.ts";
import { graphInForm, weightsInForm } from "./weightForm.ts";

export interface Replay {
  readonly steps: readonly { readonly loss: number; readonly gradientNorm: number }[];
  /** Final values of everything that trains. */
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
}

/** Runs a training job with a method of one stage: the same batches and learning rates from the same first values. */
export async function replayJob(job: TrainingJob, options: ReplayOptions): Promise<Replay> {
  const { executor, method, config, savePolicy, weights = "f32" } = options;
  const head = { kind: "classification", labelCount: job.labelCount } as const;
  const pretrained = await loadPretrained(job.modelFolder, head, { seed: 0 });
  const model: ModelShape = { ...pretrained, head };
  const attachment = attachMethod(method, model, config, { totalSteps: job.steps.length });
  const stage = attachment.stages[0];
  if (stage === undefined || attachment.stages.length > 1) {
    throw new RangeError(`${method.id} has ${attachment.stages.length} stages; jobs are replayed with one.`);
  }
  const optimizer: AdamWOptions = job;
  const trainingGraph = (batch: JobBatch): Graph =>
    buildTrainingGraph(model, stage, {
      batch,
      optimizer,
      decayBiasesAndNorms: true,
      headLearningRateScale: 1,
      kind: "step",
      dropout: 0,
    });
  const state = initialState(model, attachment, pretrained.values, { seed: 0, accumulate: false });
  const store = await executor.createStore(
    weightsInForm(weights, trainingGraph(job.train[0] as JobBatch), state),
  );
  for (const [name, values] of job.initial) await store.write(name, values);

  const programs = new Map<string, Program>();
  const compiled = async (kind: "train" | "evaluate", batch: JobBatch): Promise<Program> => {
    const key = `${kind} ${batch.rows} ${batch.length}`;
    const graph = (): Graph =>
      kind === "evaluate"
        ? graphInForm(weights, buildEvaluationGraph(model, stage, batch))
        : applySavePolicy(graphInForm(weights, trainingGraph(batch)), savePolicy);
    const program = programs.get(key) ?? (await executor.compile(graph(), store));
    programs.set(key, program);
    return program;
  };

  const steps: { loss: number; gradientNorm: number }[] = [];
  for (const { step, batch: index, learningRate } of job.steps) {
    const batch = job.train[index] as JobBatch;
    const program = await compiled("train", batch);
    const outputs = await program.run({ ...batch.inputs, ...adamWInputs(step, learningRate, optimizer) });
    steps.push({
      loss: outputs[TRAINING_OUTPUTS.loss]?.data[0] as number,
      gradientNorm: outputs[OPTIMIZER_OUTPUTS.gradientNorm]?.data[0] as number,
    });
  }
  const trained = new Map<string, Float32Array>();
  for (const { name } of trainableTensors(model, stage)) trained.set(name, await store.read(name));
  const logits: { batch: number; row: number; logits: readonly number[] }[] = [];
  for (const [index, batch] of job.evaluation.entries()) {
    const program = await compiled("evaluate", batch);
    const read = leavesOf(program.graph, "input").map(({ name }) => [name, batch.inputs[name]] as const);
    const outputs = await program.run(Object.fromEntries(read) as JobBatch["inputs"]);
    const all = outputs[EVALUATION_OUTPUTS.logits]?.data as Float32Array;
    const weights = batch.inputs[TRAINING_INPUTS.rowWeight] as Float32Array;
    weights.forEach((weight, row) => {
      const own = [...all.subarray(row * job.labelCount, (row + 1) * job.labelCount)];
      if (weight > 0) logits.push({ batch: index, row, logits: own });
    });
  }
  for (const program of programs.values()) await program.dispose();
  store.release(store.names);
  return { steps, trained, logits };
}
