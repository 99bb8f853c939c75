import type { LinearModule, ParameterDeclaration } from "@peftbench/models";
import type { GraphBuilder, Random, Shape, Tensor } from "@peftbench/runtime";
import type { z } from "zod";

/** What a method may know of the model that it attaches to: its places and parameters, never its name. */
export interface ModelDescription {
  /** Every linear module in the order of the forward pass, the head's included. */
  readonly modules: readonly LinearModule[];
  readonly parameters: readonly ParameterDeclaration[];
}

/** What the first values of a method's tensors may be made from. */
export interface InitializationContext {
  /** A stream of its own for each tensor: what one draws does not change another. */
  readonly random: Random;
  /** Pretrained values of a base parameter. */
  readonly baseWeight: (name: string) => Float32Array;
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
  readonly initialize: (context: InitializationContext) => Float32Array;
  /** Factor on the learning rate; 1 where absent. */
  readonly learningRateScale?: number;
  /** In place of the run's weight decay. */
  readonly weightDecay?: number;
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
  readonly afterUpdate?: (context: StageContext) => void;
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

/** A method attached to one model for one training length: all that a run needs of it. */
export interface MethodAttachment {
  /** At least one, in the order of `fromStep`, the first from step 0. */
  readonly stages: readonly MethodStage[];
  /** Trainable elements at an optimizer step, the head apart, where a method trains less than its tensors hold. */
  readonly trainableAt?: (step: number) => number;
  /** Step-0 values of base weights that the method changes (so that the function stays the same), by name. */
  readonly rewriteBase?: (baseWeight: (name: string) => Float32Array) => ReadonlyMap<string, Float32Array>;
  /** W of an adapted module with the adapter folded in; null where the module is not adapted or cannot be merged. */
  readonly mergedWeight: (
    module: LinearModule,
    weight: Float32Array,
    value: (name: string) => Float32Array,
  ) => Float32Array | null;
  /** The adapter as PEFT stores it; null where PEFT has no format for the method (full fine-tuning). */
  readonly toPeft: (value: (name: string) => Float32Array) => PeftAdapter | null;
  /** Values of the stage's tensors from an adapter that PEFT (or `toPeft`) wrote. */
  readonly fromPeft: (adapter: PeftAdapter) => ReadonlyMap<string, Float32Array>;
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
  readonly attach: (
    model: ModelDescription,
    config: Config,
    training: { readonly totalSteps: number },
  ) => MethodAttachment;
}

/** Typed definition of a method, as registries hold it. */
export function defineMethod<Config>(method: PeftMethod<Config>): PeftMethod {
  return method as PeftMethod;
}
