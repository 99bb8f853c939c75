import type { HostTensor, OptimizerKind, Shape } from "@peftbench/runtime";
import { accumulatorName, createRandom, elementCount, momentNames } from "@peftbench/runtime";
import { MethodError } from "./errors.ts";
import type { MethodAttachment, MethodStage, Spectra } from "./method.ts";
import type { ModelShape } from "./modelGraph.ts";
import { spectraOf } from "./spectra/spectra.ts";
import { trainableTensors } from "./trainable.ts";

/** Values of a model's declared parameters: pretrained ones, and new ones made from the seed. */
export type BaseValues = ReadonlyMap<string, HostTensor>;

export interface InitialStateOptions {
  readonly seed: number;
  /** Whether gradients are summed over micro-batches, which needs accumulators. */
  readonly accumulate: boolean;
  /** What updates, and so has moments or none; AdamW where absent. */
  readonly optimizer?: OptimizerKind;
  /** Decompositions of the pretrained weights; computed when asked for where absent. */
  readonly spectra?: Spectra;
  /** First values in place of the method's and the checkpoint's, by name; what is computed from them follows. */
  readonly given?: ReadonlyMap<string, Float32Array>;
}

/**
 * Every tensor that the first stage of a run needs in the parameter store, at its values of step 0.
 *
 * @throws MethodError if a first value does not fit its tensor, or one is given that no tensor takes
 */
export function initialState(
  model: ModelShape,
  attachment: MethodAttachment,
  base: BaseValues,
  options: InitialStateOptions,
): ReadonlyMap<string, HostTensor> {
  const stage = attachment.stages[0] as MethodStage;
  const baseWeight = (name: string): Float32Array => {
    const tensor = base.get(name);
    if (tensor === undefined) throw new MethodError(`The model has no parameter ${name}.`);
    return tensor.data as Float32Array;
  };
  const spectra = options.spectra ?? spectraOf(base);
  const rewritten = attachment.rewriteBase?.({ baseWeight, spectra }) ?? new Map<string, Float32Array>();
  const given = options.given ?? new Map<string, Float32Array>();
  const state = new Map<string, HostTensor>();
  for (const [name, tensor] of base) {
    const data = given.get(name) ?? rewritten.get(name) ?? tensor.data;
    if (data.length !== elementCount(tensor.shape)) throw misfit(name, tensor.shape, data);
    // What trains is updated in place: the caller's values stay as they are.
    state.set(name, { ...tensor, data: data.slice() });
  }
  const firstValue = (name: string): Float32Array => {
    const tensor = state.get(name);
    if (tensor === undefined) {
      throw new MethodError(`The first value of ${name} is asked for before it is made: declare it earlier.`);
    }
    return tensor.data as Float32Array;
  };
  for (const { name, shape, initialize } of stage.parameters) {
    const random = createRandom(options.seed, name);
    const data = given.get(name)?.slice() ?? initialize({ random, baseWeight, spectra, firstValue });
    if (data.length !== elementCount(shape)) throw misfit(name, shape, data);
    state.set(name, { shape, dtype: "f32", data });
  }
  for (const name of given.keys()) {
    if (!state.has(name)) throw new MethodError(`A first value is given for ${name}, which there is not.`);
  }
  for (const [name, tensor] of optimizerTensors(model, stage, options)) state.set(name, tensor);
  return state;
}

function misfit(name: string, shape: Shape, data: { readonly length: number }): MethodError {
  return new MethodError(`${name} has shape [${shape}] and was initialized with ${data.length} values.`);
}

/**
 * Every tensor that a later stage needs in the parameter store, from the values of all those of the stage before.
 * Base parameters go on, and so do the stage's own tensors and the optimizer's, by their names or as the stage carries them over.
 *
 * @throws MethodError if a tensor of the stage gets no value.
 */
export function nextStageState(
  model: ModelShape,
  stage: MethodStage,
  before: ReadonlyMap<string, Float32Array>,
  options: Pick<InitialStateOptions, "accumulate" | "optimizer">,
): ReadonlyMap<string, HostTensor> {
  const { architecture, config, head } = model;
  const carried = stage.carryOver?.(before);
  const state = new Map<string, HostTensor>();
  const keep = (name: string, shape: Shape, fallback?: Float32Array): void => {
    const data = carried?.get(name) ?? before.get(name) ?? fallback;
    if (data?.length !== elementCount(shape)) {
      const found = data === undefined ? "no value" : `${data.length} values`;
      throw new MethodError(`Stage ${stage.name} has ${found} for ${name} of shape [${shape}].`);
    }
    state.set(name, { shape, dtype: "f32", data: data.slice() });
  };
  for (const { name, shape } of architecture.parameters(config, head)) keep(name, shape);
  for (const { name, shape } of stage.parameters) keep(name, shape);
  for (const [name, { shape, data }] of optimizerTensors(model, stage, options)) {
    // A tensor that begins to train has no moments yet.
    keep(name, shape, data as Float32Array);
  }
  return state;
}

/** Moments where the optimizer has any, and accumulators, of everything that trains in a stage, at zero. */
export function optimizerTensors(
  model: ModelShape,
  stage: MethodStage,
  { accumulate, optimizer = "adamw" }: Pick<InitialStateOptions, "accumulate" | "optimizer">,
): ReadonlyMap<string, HostTensor> {
  const tensors = new Map<string, HostTensor>();
  for (const { name, shape } of trainableTensors(model, stage)) {
    const moments = optimizer === "adamw" ? Object.values(momentNames(name)) : [];
    for (const state of accumulate ? [...moments, accumulatorName(name)] : moments) {
      tensors.set(state, { shape, dtype: "f32", data: new Float32Array(elementCount(shape)) });
    }
  }
  return tensors;
}
