import { methods } from "@peftbench/methods";
import type { AttentionKind, BatchShape } from "@peftbench/models";
import type { MethodStage, ModelShape, PeftMethod, Spectra } from "@peftbench/peft";
import { attachMethod, bareModel, buildTrainingGraph } from "@peftbench/peft";
import type { EncoderSizes } from "@peftbench/peft/parity";
import { CLASSIFIER_PARAMETERS, encoderShape } from "@peftbench/peft/parity";
import type { Graph, SavePolicy } from "@peftbench/runtime";
import { applySavePolicy } from "@peftbench/runtime";
import type { KeptInLayer } from "./keptInLayer.ts";
import { keptInLayer } from "./keptInLayer.ts";

/** Sizes of BERT-base. */
export const SIZES = {
  hidden: 768,
  intermediate: 3072,
  heads: 12,
  vocabulary: 30522,
  positions: 512,
} as const satisfies Omit<EncoderSizes, "layers">;

export const BATCH: BatchShape = { rows: 32, length: 128 };

export const TARGETS = {
  all: ["query", "key", "value", "attention.output.dense", "intermediate.dense", "output.dense"],
  queryValue: ["query", "value"],
} as const;

export type Targets = keyof typeof TARGETS;

/**
 * Where the layer is. `midst`: on another one, and gradients pass through both, as in all layers of a stack but the
 * lowest. `lowest`: on the embeddings, and nothing below it trains.
 */
export type Position = "midst" | "lowest";

const LAYERS = {
  // The bias trains so that gradients reach it, whatever the method; its own gradient reads nothing of forward.
  midst: { layers: 2, scope: "bert.encoder.layer.1", below: ["bert.embeddings.LayerNorm.bias"] },
  lowest: { layers: 1, scope: "bert.encoder.layer.0", below: [] },
} as const satisfies Readonly<Record<Position, unknown>>;

export interface LayerCase {
  readonly targets: Targets;
  readonly dropout: 0 | 0.1;
  readonly position: Position;
  readonly attention: AttentionKind;
}

/** A part of a method's training. */
export interface MethodPart {
  readonly method: string;
  readonly title: string;
  readonly stage: MethodStage;
}

const TOTAL_STEPS = 1000;
const OPTIMIZER = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, maxGradientNorm: 1 } as const;

function modelAt(position: Position): ModelShape {
  const { layers, below } = LAYERS[position];
  return encoderShape({ ...SIZES, layers }, [...CLASSIFIER_PARAMETERS, ...below]);
}

/**
 * Every stage of every registered method, each with its defaults but for what it adapts and for the dropout in front of
 * its path, which is the case's.
 */
export function methodParts(layerCase: LayerCase): readonly MethodPart[] {
  return methods.flatMap((method) => {
    const config = configOf(method, layerCase);
    const run = { totalSteps: TOTAL_STEPS, spectra: madeUpSpectra };
    const { stages } = attachMethod(method, modelAt(layerCase.position), config, run);
    return stages.map(
      (stage): MethodPart => ({ method: method.id, title: titleOf(method, stages, stage), stage }),
    );
  });
}

/** The frozen layer: nothing of it trains. */
export const frozenLayer: MethodPart = { method: "frozen", title: "frozen layer", stage: bareModel };

/** What a training step keeps of the case's layer. */
export function keptBy(part: MethodPart, layerCase: LayerCase, savePolicy: SavePolicy): KeptInLayer {
  return keptInLayer(layerGraph(part, layerCase, savePolicy), LAYERS[layerCase.position].scope);
}

export function layerGraph(
  { stage }: MethodPart,
  { dropout, position, attention }: LayerCase,
  savePolicy: SavePolicy,
): Graph {
  const graph = buildTrainingGraph(modelAt(position), stage, {
    batch: BATCH,
    kind: "step",
    dropout,
    attention,
    optimizer: OPTIMIZER,
    decayBiasesAndNorms: false,
    headLearningRateScale: 1,
  });
  return applySavePolicy(graph, savePolicy);
}

function configOf(method: PeftMethod, { targets, dropout }: LayerCase): Readonly<Record<string, unknown>> {
  const defaults = Object(method.configSchema.parse({})) as Readonly<Record<string, unknown>>;
  return {
    ...("targetModules" in defaults ? { targetModules: TARGETS[targets] } : {}),
    ...("dropout" in defaults ? { dropout } : {}),
  };
}

function titleOf({ title }: PeftMethod, stages: readonly MethodStage[], stage: MethodStage): string {
  return stages.length === 1 ? title : `${title}, ${stage.name}`;
}

/** There are no weights: falling spectra, steeper from weight to weight, so that methods that read them differ by weight. */
const madeUpSpectra: Spectra = {
  truncatedSvd: () => {
    throw new Error("Graphs are made without first values.");
  },
  singularValues: (name) => {
    const order = TARGETS.all.findIndex((target) => name.endsWith(`${target}.weight`));
    return Float64Array.from({ length: SIZES.hidden }, (_, index) => 1 / (1 + index) ** (0.3 + 0.1 * order));
  },
};
