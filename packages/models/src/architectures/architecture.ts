import type { FusedAttentionOptions, GraphBuilder, Shape, Tensor } from "@peftbench/runtime";
import type { Decoding } from "./decoding.ts";

/** What a model is asked to predict, which decides its head and its loss. */
export type HeadSpec =
  | { readonly kind: "classification"; readonly labelCount: number }
  | { readonly kind: "regression" }
  /** The next token at every place, by the pretrained output embeddings: nothing of it is new with the task. */
  | { readonly kind: "languageModel" };

/** How a parameter that no checkpoint brings gets its first values. */
export type Initializer =
  | { readonly kind: "normal"; readonly deviation: number }
  | { readonly kind: "constant"; readonly value: number };

/** One parameter of an architecture under its Hugging Face name. */
export interface ParameterDeclaration {
  readonly name: string;
  readonly shape: Shape;
  /** `head`: belongs to the task and trains with every method. */
  readonly role: "base" | "head";
  /** Checkpoints store the matrix as [inFeatures, outFeatures], as `transformers` has it in its Conv1D. */
  readonly storedTransposed?: true;
  /** Present where a checkpoint may lack the parameter, which is then made anew and trained with the head. */
  readonly initializer: Initializer | null;
}

/** A linear layer, `y = x Wᵀ + b`, W: [outFeatures, inFeatures]: a place where an adapter can attach. */
export interface LinearModule {
  /** Module path as in Hugging Face, `bert.encoder.layer.0.attention.self.query`. */
  readonly name: string;
  /**
   * Its paths in BERT's words, where the architecture has its own: one list of targets then serves all models. Several
   * where one matrix does what are several there.
   */
  readonly aliases?: readonly string[];
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly bias: boolean;
  /** The head's own layers, which adapters leave alone. */
  readonly head: boolean;
}

/** Static size of one batch. */
export interface BatchShape {
  readonly rows: number;
  /** Tokens a row, padding included. */
  readonly length: number;
  /** Of what an encoder-decoder writes; `length` where absent. */
  readonly targetLength?: number;
}

export function targetLengthOf({ length, targetLength }: BatchShape): number {
  return targetLength ?? length;
}

export const attentionKinds = ["materialized", "fused"] as const;

/**
 * `materialized`: scores and probabilities are tensors of the graph, as in PyTorch's eager attention. `fused`: one op
 * that stores neither and makes them again in backward. Both are the same function, dropout's noise included.
 */
export type AttentionKind = (typeof attentionKinds)[number];

/** What model code builds with: parameters by name, and linear layers that a method may adapt. */
export interface ModelContext {
  readonly graph: GraphBuilder;
  parameter(name: string): Tensor;
  /** Applies the linear module `name` to x [n, inFeatures]: [n, outFeatures]. */
  linear(name: string, x: Tensor): Tensor;
  /** Dropout while training; the identity in evaluation. */
  dropout(x: Tensor, probability: number): Tensor;
  /** How attention is to be computed; an architecture that cannot do it so refuses to be built. */
  readonly attention: AttentionKind;
  /** Where tokens are generated: how those that were read before are known. Null where texts are read whole. */
  readonly decoding: Decoding | null;
  /** What an op that drops by itself needs to do as `dropout` does; null where nothing is dropped. */
  fusedDropout(probability: number): FusedAttentionOptions["dropout"];
}

/** Names, shapes and types of the inputs that every encoder graph reads. */
export const ENCODER_INPUTS = {
  inputIds: "inputIds",
  typeIds: "typeIds",
  attentionMask: "attentionMask",
} as const;

/** What the decoder of an encoder-decoder reads beside, i32 [rows * targetLength]: the target, one token late. */
export const DECODER_INPUTS = { decoderInputIds: "decoderInputIds" } as const;

export interface EncoderOutputs {
  /** Output of the embeddings, then of each layer, of an encoder-decoder the decoder's: [rows * length, hiddenSize]. */
  readonly hiddenStates: readonly Tensor[];
  /** [rows, hiddenSize]; null where every token is predicted for itself. */
  readonly pooled: Tensor | null;
  /** [rows, labelCount]; in regression [rows, 1]; of a language model [rows * length, vocabulary]. */
  readonly logits: Tensor;
}

export interface PretrainingLogits {
  /**
   * Over the vocabulary at chosen places, [rows * places, vocabulary]. The places are picked before the vocabulary is
   * looked at, since logits of every token would be most of the step.
   */
  readonly tokens: Tensor;
  /** [rows, 2]: the second segment goes on from the first, or it is from elsewhere. */
  readonly nextSentence: Tensor;
}

/** Masked-language modelling and next-sentence prediction (Devlin et al. 2019): what an encoder is pretrained with. */
export interface PretrainingHeads<Config = unknown> {
  /** Name of the parameter with a row for each position. */
  readonly positionTable: string;
  /** Every parameter of encoder and heads, each with first values, as pretraining starts from nothing. */
  readonly parameters: (config: Config) => readonly ParameterDeclaration[];
  /**
   * @param selection [rows, places, length]: a one at the place in its row, else zeros (a row of zeros picks nothing).
   *   As a product with it, picking has a gradient that stays on the device, where a gather's would not on the CPU
   */
  readonly build: (
    context: Omit<ModelContext, "linear">,
    config: Config,
    batch: BatchShape,
    selection: Tensor,
  ) => PretrainingLogits;
  /** Number of tokens that the configuration has embeddings for. */
  readonly vocabularySize: (config: Config) => number;
}

/** How a checkpoint's tensor names relate to the declared ones. */
export interface CheckpointNaming {
  /** Prefixes that a checkpoint may have or lack. */
  readonly prefixes: readonly string[];
  /** Tensors that may be there and are not needed: buffers, pre-training heads. */
  readonly ignorable: readonly RegExp[];
  /** Older spelling of a name. */
  readonly rename: (name: string) => string;
}

/** A family of models: its configuration, parameters and graph. */
export interface Architecture<Config = unknown> {
  /** `model_type` of config.json. */
  readonly modelType: string;
  /** Encoders read a text whole, decoders word by word; an encoder-decoder writes a target while it reads a source. */
  readonly kind: "encoder" | "decoder" | "encoder-decoder";
  readonly title: string;
  /** @throws ConfigError naming the field. */
  readonly parseConfig: (json: unknown) => Config;
  readonly parameters: (config: Config, head: HeadSpec) => readonly ParameterDeclaration[];
  readonly linearModules: (config: Config, head: HeadSpec) => readonly LinearModule[];
  readonly checkpointNaming: CheckpointNaming;
  readonly maxLength: (config: Config) => number;
  /** Absent where this project cannot pretrain the architecture. */
  readonly pretrainingHeads?: PretrainingHeads<Config>;
  readonly build: (
    context: ModelContext,
    config: Config,
    head: HeadSpec,
    batch: BatchShape,
  ) => EncoderOutputs;
}
