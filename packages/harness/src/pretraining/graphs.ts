import type {
  Architecture,
  BatchShape,
  ModelContext,
  ParameterDeclaration,
  PretrainingLogits,
} from "@peftbench/models";
import type { AdamWOptions, Graph, Tensor } from "@peftbench/runtime";
import { addOptimizerStep, GraphBuilder } from "@peftbench/runtime";
import type { PretrainingPhase } from "./config.ts";
import { MASKING_INPUTS, placesPerRow } from "./masking.ts";
import { NEXT_SENTENCE_INPUTS } from "./nextSentence.ts";

export const PRETRAINING_OUTPUTS = {
  /** Sum of the next two, the second with its weight. */
  loss: "loss",
  /** Mean cross-entropy of the batch's masked tokens. */
  tokenLoss: "tokenLoss",
  /** Mean cross-entropy of "does the second segment go on from the first" over the batch's pairs. */
  nextSentenceLoss: "nextSentenceLoss",
  /** Cross-entropy of each place [rows * places]. */
  placeLosses: "placeLosses",
} as const;

const NOISE_KEY = "noiseKey";

/** A model to pretrain: its architecture has {@link Architecture.pretrainingHeads}. */
export interface PretrainingModel {
  readonly architecture: Architecture;
  readonly config: unknown;
}

export interface PretrainingShape extends BatchShape {
  /** Tokens of a row that are predicted. */
  readonly places: number;
}

/** Shape of a batch in a phase, of which `maskedShare` is predicted. */
export function shapeOf(
  { rowLength, batchRows }: PretrainingPhase,
  { maskedShare }: { readonly maskedShare: number },
): PretrainingShape {
  return { rows: batchRows, length: rowLength, places: placesPerRow(rowLength, maskedShare) };
}

/** @throws {RangeError} where the architecture cannot be pretrained */
export function parametersOf({ architecture, config }: PretrainingModel): readonly ParameterDeclaration[] {
  return headsOf(architecture).parameters(config);
}

/** The parameter with a row for each position. */
export function positionTableOf(model: PretrainingModel): ParameterDeclaration {
  const { positionTable } = headsOf(model.architecture);
  const declared = parametersOf(model).find(({ name }) => name === positionTable);
  if (declared === undefined) {
    throw new RangeError(`${model.architecture.title} declares no parameter ${positionTable}.`);
  }
  return declared;
}

function headsOf(architecture: Architecture) {
  const heads = architecture.pretrainingHeads;
  if (heads === undefined) {
    throw new RangeError(`${architecture.modelType} has no pretraining heads here; expected bert.`);
  }
  return heads;
}

/** One step: forward, both losses, backward, AdamW without decay of biases and norms. */
export function buildPretrainingGraph(
  model: PretrainingModel,
  shape: PretrainingShape,
  options: {
    readonly optimizer: AdamWOptions;
    readonly dropout: number;
    readonly nextSentenceWeight: number;
  },
): Graph {
  const graph = new GraphBuilder();
  const loss = addPretrainingLoss(graph, model, shape, options);
  const trainable = parametersOf(model).map((declared) => ({
    tensor: parameterOf(graph, declared),
    ...(declared.shape.length === 1 ? { weightDecay: 0 } : {}),
  }));
  addOptimizerStep(graph, loss, trainable, options.optimizer);
  return graph.finish();
}

/** The forward pass without dropout. Output: `placeLosses`. */
export function buildHeldOutGraph(model: PretrainingModel, shape: PretrainingShape): Graph {
  const graph = new GraphBuilder();
  const { tokens } = buildLogits(graph, model, shape, 0);
  graph.output(PRETRAINING_OUTPUTS.placeLosses, placeLosses(graph, tokens));
  return graph.finish();
}

/** The loss, with its two parts as outputs, in a graph under construction. */
export function addPretrainingLoss(
  graph: GraphBuilder,
  model: PretrainingModel,
  shape: PretrainingShape,
  { dropout, nextSentenceWeight }: { readonly dropout: number; readonly nextSentenceWeight: number },
): Tensor {
  const { tokens, nextSentence } = buildLogits(graph, model, shape, dropout);
  const losses = placeLosses(graph, tokens);
  const tokenLoss = losses.mul(graph.input(MASKING_INPUTS.placeWeight, [losses.size(0)], "f32")).sum();
  const { labels, pairWeight } = NEXT_SENTENCE_INPUTS;
  const nextSentenceLoss = nextSentence
    .crossEntropy(graph.input(labels, [shape.rows], "i32"))
    .mul(graph.input(pairWeight, [shape.rows], "f32"))
    .sum();
  const loss = tokenLoss.add(nextSentenceLoss.mul(nextSentenceWeight));
  graph.output(PRETRAINING_OUTPUTS.tokenLoss, tokenLoss);
  graph.output(PRETRAINING_OUTPUTS.nextSentenceLoss, nextSentenceLoss);
  graph.output(PRETRAINING_OUTPUTS.loss, loss);
  return loss;
}

/** Cross-entropy of each place [rows * places]. */
function placeLosses(graph: GraphBuilder, logits: Tensor): Tensor {
  return logits.crossEntropy(graph.input(MASKING_INPUTS.labels, [logits.size(0)], "i32"));
}

function buildLogits(
  graph: GraphBuilder,
  model: PretrainingModel,
  shape: PretrainingShape,
  probability: number,
): PretrainingLogits {
  const { architecture, config } = model;
  const declarations = new Map(parametersOf(model).map((declared) => [declared.name, declared]));
  const noiseKey = (): Tensor<"u32"> => graph.input(NOISE_KEY, [], "u32");
  const context: Omit<ModelContext, "linear"> = {
    graph,
    parameter: (name) => {
      const declared = declarations.get(name);
      if (declared === undefined)
        throw new RangeError(`${architecture.title} declares no parameter ${name}.`);
      return parameterOf(graph, declared);
    },
    dropout: (x) => (probability === 0 ? x : x.dropout(probability, noiseKey())),
    attention: "materialized",
    decoding: null,
    fusedDropout: () => (probability === 0 ? null : { probability, noiseKey: noiseKey() }),
  };
  const { rows, length, places } = shape;
  const selection = graph.input(MASKING_INPUTS.selection, [rows, places, length], "f32");
  return headsOf(architecture).build(context, config, { rows, length }, selection);
}

function parameterOf(graph: GraphBuilder, { name, shape }: ParameterDeclaration): Tensor {
  return graph.parameter(name, shape, { role: "baseWeight", trainable: true });
}
