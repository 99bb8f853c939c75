import type { Architecture, BatchShape, ModelContext, ParameterDeclaration } from "@peftbench/models";
import type { AdamWOptions, Graph, Tensor } from "@peftbench/runtime";
import { addAdamWStep, GraphBuilder } from "@peftbench/runtime";
import { MASKING_INPUTS } from "./masking.ts";

export const PRETRAINING_OUTPUTS = {
  /** Mean cross-entropy of the batch's masked tokens. */
  loss: "loss",
  /** Cross-entropy of each place [rows * places]. */
  placeLosses: "placeLosses",
} as const;

const NOISE_KEY = "noiseKey";

/** A model to pretrain: its architecture has a {@link Architecture.maskedLanguageModel}. */
export interface PretrainingModel {
  readonly architecture: Architecture;
  readonly config: unknown;
}

export interface PretrainingShape extends BatchShape {
  /** Tokens of a row that are predicted. */
  readonly places: number;
}

/** @throws {RangeError} where the architecture cannot be pretrained */
export function parametersOf({ architecture, config }: PretrainingModel): readonly ParameterDeclaration[] {
  return headOf(architecture).parameters(config);
}

function headOf(architecture: Architecture) {
  const head = architecture.maskedLanguageModel;
  if (head === undefined) {
    throw new RangeError(`${architecture.modelType} has no masked-language model here; expected bert.`);
  }
  return head;
}

/** One step: forward, loss over the masked tokens, backward, AdamW without decay of biases and norms. */
export function buildPretrainingGraph(
  model: PretrainingModel,
  shape: PretrainingShape,
  options: { readonly optimizer: AdamWOptions; readonly dropout: number },
): Graph {
  const graph = new GraphBuilder();
  const losses = placeLosses(graph, model, shape, options.dropout);
  const weights = graph.input(MASKING_INPUTS.placeWeight, [shape.rows * shape.places], "f32");
  const loss = losses.mul(weights).sum();
  graph.output(PRETRAINING_OUTPUTS.loss, loss);
  const trainable = parametersOf(model).map((declared) => ({
    tensor: parameterOf(graph, declared),
    ...(declared.shape.length === 1 ? { weightDecay: 0 } : {}),
  }));
  addAdamWStep(graph, loss, trainable, options.optimizer);
  return graph.finish();
}

/** The forward pass without dropout. Output: `placeLosses`. */
export function buildHeldOutGraph(model: PretrainingModel, shape: PretrainingShape): Graph {
  const graph = new GraphBuilder();
  graph.output(PRETRAINING_OUTPUTS.placeLosses, placeLosses(graph, model, shape, 0));
  return graph.finish();
}

/** Cross-entropy of each place [rows * places], in a graph under construction. */
export function placeLosses(
  graph: GraphBuilder,
  model: PretrainingModel,
  shape: PretrainingShape,
  probability: number,
): Tensor {
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
    fusedDropout: () => (probability === 0 ? null : { probability, noiseKey: noiseKey() }),
  };
  const { rows, length, places } = shape;
  const selection = graph.input(MASKING_INPUTS.selection, [rows, places, length], "f32");
  const logits = headOf(architecture).build(context, config, { rows, length }, selection);
  return logits.crossEntropy(graph.input(MASKING_INPUTS.labels, [rows * places], "i32"));
}

function parameterOf(graph: GraphBuilder, { name, shape }: ParameterDeclaration): Tensor {
  return graph.parameter(name, shape, { role: "baseWeight", trainable: true });
}
