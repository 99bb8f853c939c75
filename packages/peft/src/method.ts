import type { LinearModule, ParameterDeclaration } from "@peftbench/models";
import type { GraphBuilder, Random, Shape, Tensor } from "@peftbench/runtime";
import type { z } from "zod";
import type { TruncatedSvd } from "./spectra/truncatedSvd.ts";

/** What a method may know of the model that it attaches to: its places and parameters, never its name. */
export interface ModelDescription {
  /** Every linear module in the order of the forward pass, the head's included. */
  readonly modules: readonly LinearModule[];
  readonly parameters: readonly ParameterDeclaration[];
}

/** Spectral decompositions of pretrained weights, by the parameter's name; each is computed once. */
export interface Spectra {
  /** The `rank` leading singular triplets of a weight [rows, columns]. */
  readonly truncatedSvd: (name: string, rank: number) => TruncatedSvd;
  /** All singular values, largest first. */
  readonly singularValues: (name: string) => Float64Array;
}

/** Pretrained weights, as values and decomposed. */
export interface PretrainedWeights {
  /** Pretrained values of a base parameter. */
  readonly baseWeight: (name: string) => Float32Array;
  readonly spectra: Spectra;
}

/** What the first values of a method's tensors may be made from. */
export interface InitializationContext extends PretrainedWeights {
  /** A stream of its own for each tensor: what one draws does not change another. */
  readonly random: Random;
}

/** What a tensor of a stage is initialized from. */
export interface ParameterContext extends InitializationContext {
  /** First value of a tensor that the stage declares before this one: for what is computed from it once. */
  readonly firstValue: (name: string) => Float32Array;
}

/** A tensor that a method adds to the model. */
export interface AdapterParameter {
  /** Named as Hugging Face PEFT names it, `<module>.lora_A.weight`. Sites may share one tensor by its name. */
  readonly name: string;
  readonly shape: Shape;
  /** Whether the optimizer updates it. */
  readonly trainable: boolean;
  /** Set on what is not trainable but is updated by `afterUpdate` (masks, statistics). */
  readonly changedByMethod?: boolean;
  readonly initialize: (context: ParameterContext) => Float32Array;
  /** Factor on the learning rate; 1 where absent. */
  readonly learningRateScale?: number;
  /** In place of the run's weight decay. */
  readonly weightDecay?: number;
  /**
   * Flags [columns], one for each place of the last axis, that may differ from step to step. What has a 0 is frozen in
   * that step: no gradient, decay or moment moves it, and it does not count for the gradient's norm.
   */
  readonly updateMask?: (context: StageContext) => Tensor;
  /** What the optimizer takes for the gradient, before clipping: a preconditioner. */
  readonly transformGradient?: (gradient: Tensor, context: StageContext) => Tensor;
}

/** A linear module in a graph under construction, as a method's forward rule sees it. */
export interface LinearSite {
  readonly graph: GraphBuilder;
  readonly module: LinearModule;
  /** Input rows [n, inFeatures]. */
  readonly x: Tensor;
  /** The module's own result `x Wᵀ + b` [n, outFeatures]; added to the graph when called. */
  readonly base: () => Tensor;
  /** W [outFeatures, inFeatures]. */
  readonly weight: () => Tensor;
  /** One of the stage's tensors by name. */
  readonly parameter: (name: string) => Tensor;
  /** Dropout while training, the identity in evaluation. */
  readonly dropout: (x: Tensor, probability: number) => Tensor;
}

/** What rules that look at the whole model at once may use. */
export interface StageContext {
  readonly graph: GraphBuilder;
  readonly parameter: (name: string) => Tensor;
  /** One of the stage's step inputs, a scalar. */
  readonly stepInput: (name: string) => Tensor;
}

/** What rules that follow the optimizer's step may use beside. Names are those of tensors of the stage. */
export interface UpdateContext extends StageContext {
  /** The gradient of a tensor that trains, as the optimizer used it (clipped). */
  readonly gradient: (name: string) => Tensor;
  /** The value of a tensor that trains after the optimizer's step. */
  readonly updated: (name: string) => Tensor;
  /**
   * The value that a tensor has after the step: in place of the optimizer's where it trains, or of the present one
   * where it is `changedByMethod`. A step that is skipped, as its gradient is not finite, changes nothing.
   */
  readonly store: (name: string, next: Tensor) => void;
}

/** A scalar that changes from step to step, fed to the graph: a budget, a freeze index, a temperature. */
export interface StepInput {
  readonly name: string;
  /** `step` is the optimizer step, counted from 0 over the whole run. */
  readonly valueAt: (step: number) => number;
}

/**
 * A part of training over which the graph and the memory stay the same. Most methods have one; a method that frees
 * memory in mid-run (by freezing tensors, say) begins a new stage there.
 */
export interface MethodStage {
  readonly name: string;
  /** First optimizer step of the stage. */
  readonly fromStep: number;
  readonly parameters: readonly AdapterParameter[];
  /** Whether a base parameter (the head apart) trains as it is. */
  readonly trainsBase: (parameterName: string) => boolean;
  /** Result of an adapted linear module; null leaves the module as it is. */
  readonly linear?: (site: LinearSite) => Tensor | null;
  /** A scalar added to the loss of a batch; micro-batches share it by their rows' weight. */
  readonly regularizer?: (context: StageContext) => Tensor;
  /** Adds updates of the stage's tensors that follow the optimizer's (masks, statistics). */
  readonly afterUpdate?: (context: UpdateContext) => void;
  readonly stepInputs?: readonly StepInput[];
  /**
   * Values of the stage's tensors, and of the optimizer's moments that go on, from those of the stage before.
   * Absent: tensors keep their values by name. Whatever the new stage does not name is released.
   */
  readonly carryOver?: (before: ReadonlyMap<string, Float32Array>) => ReadonlyMap<string, Float32Array>;
}

/** An adapter in the file format of Hugging Face PEFT. */
export interface PeftAdapter {
  /** Content of adapter_config.json, without the fields that every method shares. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Tensors by their names without the prefix `base_model.model.`. */
  readonly tensors: ReadonlyMap<string, { readonly shape: Shape; readonly values: Float32Array }>;
}

/** The rank that an adapted module has at a moment of the run. */
export interface ModuleRank {
  readonly module: string;
  readonly rank: number;
  /** Scalars that a path of this rank is made of, trained or not. */
  readonly parameters: number;
}

/** How the ranks of the adapted modules are found at a moment of the run. */
export interface RankReading {
  /** Tensors of the stage that ranks follow from; none where they never change. */
  readonly tensors: readonly string[];
  /** Ranks from present values of these tensors. */
  readonly at: (value: (name: string) => Float32Array) => readonly ModuleRank[];
}

/** A method attached to one model for one training length: all that a run needs of it. */
export interface MethodAttachment {
  /** At least one, in the order of `fromStep`, the first from step 0. */
  readonly stages: readonly MethodStage[];
  /** Trainable elements at an optimizer step, the head apart, where a method trains less than its tensors hold. */
  readonly trainableAt?: (step: number) => number;
  /** Step-0 values of base weights that the method changes (so that the function stays the same), by name. */
  readonly rewriteBase?: (pretrained: PretrainedWeights) => ReadonlyMap<string, Float32Array>;
  /** Ranks of the adapted modules, of a method that has any. */
  readonly ranks?: RankReading;
  /** W of an adapted module with the adapter folded in; null where the module is not adapted or cannot be merged. */
  readonly mergedWeight: (
    module: LinearModule,
    weight: Float32Array,
    value: (name: string) => Float32Array,
  ) => Float32Array | null;
  /**
   * The adapter as PEFT stores it, for the pretrained weights as they were before `rewriteBase`; null where PEFT has no
   * format for the method (full fine-tuning).
   * @param initial values of the method's tensors at step 0
   */
  readonly toPeft: (
    value: (name: string) => Float32Array,
    initial: (name: string) => Float32Array,
  ) => PeftAdapter | null;
  /**
   * Values of the stage's tensors from an adapter that PEFT (or `toPeft`) wrote.
   * @param initial values of the method's tensors at step 0
   */
  readonly fromPeft: (
    adapter: PeftAdapter,
    initial: (name: string) => Float32Array,
  ) => ReadonlyMap<string, Float32Array>;
}

/** What a method may know of the run that it is attached for. */
export interface RunDescription {
  readonly totalSteps: number;
  /** Null where the weights are not at hand, as in planning from a `config.json`. */
  readonly spectra: Spectra | null;
}

/** A fine-tuning method. */
export interface PeftMethod<Config = unknown> {
  /** What users write: `lora`. */
  readonly id: string;
  readonly title: string;
  /** Where the method is described. */
  readonly source: string;
  /** Checks a configuration and fills in its defaults. */
  readonly configSchema: z.ZodType<Config>;
  readonly attach: (model: ModelDescription, config: Config, run: RunDescription) => MethodAttachment;
}

/** Typed definition of a method, as registries hold it. */
export function defineMethod<Config>(method: PeftMethod<Config>): PeftMethod {
  return method as PeftMethod;
}
