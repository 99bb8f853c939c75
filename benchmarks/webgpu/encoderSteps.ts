import { methods } from "@peftbench/methods";
import type { BatchShape } from "@peftbench/models";
import { ENCODER_INPUTS } from "@peftbench/models";
import { attachMethod, buildTrainingGraph, initialState, TRAINING_INPUTS } from "@peftbench/peft";
import type { EncoderSizes, WeightForm } from "@peftbench/peft/parity";
import {
  CLASSIFIER_PARAMETERS,
  encoderShape,
  graphInForm,
  randomWeights,
  weightsInForm,
} from "@peftbench/peft/parity";
import type { Graph, HostTensor, ParameterRole, ProgramInputs, SavePolicy } from "@peftbench/runtime";
import { adamWInputs, applySavePolicy, createRandom, leavesOf, noiseKey } from "@peftbench/runtime";

/** BERT encoders to plan and run: one for tests, and all-MiniLM-L6's sizes. */
export const encoders = {
  tiny: { layers: 2, hidden: 24, intermediate: 40, heads: 3, vocabulary: 50, positions: 40 },
  minilm: { layers: 6, hidden: 384, intermediate: 1536, heads: 12, vocabulary: 30522, positions: 512 },
} as const satisfies Readonly<Record<string, EncoderSizes>>;

export type EncoderName = keyof typeof encoders;

/** Two batches of each encoder: one of many short rows, one of few long ones. */
export const batchShapes: Readonly<Record<EncoderName, readonly BatchShape[]>> = {
  tiny: [
    { rows: 3, length: 7 },
    { rows: 2, length: 33 },
  ],
  minilm: [
    { rows: 32, length: 32 },
    { rows: 8, length: 128 },
  ],
};

/** The methods whose steps are measured, with their settings. */
export const methodConfigs = {
  lora: { rank: 8, alpha: 16, targetModules: ["query", "value"] },
  full: {},
} as const;

export type MeasuredMethod = keyof typeof methodConfigs;

export interface StepCase {
  readonly encoder: EncoderName;
  readonly method: MeasuredMethod;
  readonly savePolicy: SavePolicy;
  readonly weights: WeightForm;
  readonly batch: BatchShape;
}

/** A training step with the model's dropout, and all that it needs to run. */
export interface EncoderStep {
  readonly graph: Graph;
  readonly parameters: ReadonlyMap<string, HostTensor>;
  readonly roleOf: (parameterName: string) => ParameterRole;
  readonly inputsAt: (step: number) => ProgramInputs;
}

const SEED = 0;
const OPTIMIZER = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, maxGradientNorm: 1 } as const;

export function encoderStep({ encoder, method: id, savePolicy, weights, batch }: StepCase): EncoderStep {
  const method = methods.find((candidate) => candidate.id === id);
  if (method === undefined) throw new Error(`There is no method ${id}.`);
  const model = encoderShape(encoders[encoder], CLASSIFIER_PARAMETERS);
  const attachment = attachMethod(method, model, methodConfigs[id], { totalSteps: 10 });
  const [stage] = attachment.stages;
  if (stage === undefined) throw new Error(`${id} has no stage.`);
  const full = buildTrainingGraph(model, stage, {
    batch,
    optimizer: OPTIMIZER,
    decayBiasesAndNorms: false,
    headLearningRateScale: 1,
    kind: "step",
    dropout: null,
  });
  const state = initialState(model, attachment, randomWeights(model, SEED), {
    seed: SEED,
    accumulate: false,
  });
  const graph = applySavePolicy(graphInForm(weights, full), savePolicy);
  const roles = new Map(
    leavesOf(graph, "parameter").map(({ name, source }): [string, ParameterRole] => [
      name,
      source.kind === "parameter" ? source.role : "baseWeight",
    ]),
  );
  const inputs = batchInputs(batch, encoders[encoder].vocabulary);
  return {
    graph,
    // The store gets what the graph reads: nothing takes memory that the plan does not know.
    parameters: new Map([...weightsInForm(weights, full, state)].filter(([name]) => roles.has(name))),
    roleOf: (name) => roles.get(name) ?? "baseWeight",
    inputsAt: (step) => ({
      ...inputs,
      ...adamWInputs(step, 1e-3, OPTIMIZER),
      [TRAINING_INPUTS.noiseKey]: Uint32Array.of(noiseKey(SEED, step)),
    }),
  };
}

/** Random tokens in rows of uneven real length, with random labels. */
function batchInputs({ rows, length }: BatchShape, vocabulary: number): ProgramInputs {
  const random = createRandom(SEED, "batch");
  const realTokens = Array.from({ length: rows }, () => 3 + random.integer(length - 2));
  const tokens = rows * length;
  return {
    [ENCODER_INPUTS.inputIds]: Int32Array.from({ length: tokens }, () => random.integer(vocabulary)),
    [ENCODER_INPUTS.typeIds]: new Int32Array(tokens),
    [ENCODER_INPUTS.attentionMask]: Float32Array.from({ length: tokens }, (_, index) =>
      index % length < (realTokens[Math.floor(index / length)] as number) ? 1 : 0,
    ),
    [TRAINING_INPUTS.labels]: Int32Array.from({ length: rows }, () => random.integer(2)),
    [TRAINING_INPUTS.rowWeight]: new Float32Array(rows).fill(1 / rows),
  };
}
