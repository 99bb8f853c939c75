import type { ParameterDeclaration } from "@peftbench/models";
import type { Shape } from "@peftbench/runtime";
import { elementCount } from "@peftbench/runtime";
import type { AdapterParameter, MethodAttachment, MethodStage } from "./method.ts";
import type { ModelShape } from "./modelGraph.ts";

/** A tensor that the optimizer updates. */
export interface TrainableTensor {
  readonly name: string;
  readonly shape: Shape;
  readonly role: "baseWeight" | "adapterWeight" | "head";
  readonly learningRateScale?: number;
  readonly weightDecay?: number;
  readonly updateMask?: AdapterParameter["updateMask"];
  readonly transformGradient?: AdapterParameter["transformGradient"];
}

/**
 * What a declared parameter of the model is for in a stage, and whether it trains. The head trains with every method,
 * or, where the model says that it does not train with the head, with none.
 */
export function usageOf(
  { name, role }: Pick<ParameterDeclaration, "name" | "role">,
  model: ModelShape,
  stage: MethodStage,
): { readonly role: "baseWeight" | "head"; readonly trainable: boolean } {
  if (model.headParameters.has(name)) return { role: "head", trainable: true };
  if (role === "head") return { role: "head", trainable: false };
  return { role: "baseWeight", trainable: stage.trainsBase(name) };
}

/** Every tensor that trains in a stage: base parameters that the method trains, its own, and the head. */
export function trainableTensors(model: ModelShape, stage: MethodStage): readonly TrainableTensor[] {
  const declared = model.architecture.parameters(model.config, model.head);
  const base = declared.flatMap((declaration): TrainableTensor[] => {
    const { role, trainable } = usageOf(declaration, model, stage);
    return trainable ? [{ name: declaration.name, shape: declaration.shape, role }] : [];
  });
  const own = stage.parameters.flatMap((parameter): TrainableTensor[] => {
    const { trainable, initialize: _, changedByMethod: __, ...declared } = parameter;
    return trainable ? [{ ...declared, role: "adapterWeight" }] : [];
  });
  return [...base, ...own];
}

/** Numbers of parameters. The first three leave the head out; add `head` for what trains in all. */
export interface ParameterCounts {
  readonly trainableInitial: number;
  /** Mean over the optimizer steps. */
  readonly trainableAverage: number;
  readonly trainableFinal: number;
  /** Parameters that train with the head. */
  readonly head: number;
  /** Everything that the first stage holds: base, adapter and head. */
  readonly total: number;
}

/** Trainable scalars at an optimizer step, the head apart. */
export function trainableAt(model: ModelShape, attachment: MethodAttachment, step: number): number {
  if (attachment.trainableAt !== undefined) return attachment.trainableAt(step);
  const stage = attachment.stages.findLast(({ fromStep }) => fromStep <= step);
  if (stage === undefined) return 0;
  const trained = trainableTensors(model, stage).filter(({ role }) => role !== "head");
  return elements(trained.map(({ shape }) => shape));
}

function elements(shapes: readonly Shape[]): number {
  return shapes.reduce((total, shape) => total + elementCount(shape), 0);
}

/** Counts from the declarations alone, without weights. */
export function countParameters(
  model: ModelShape,
  attachment: MethodAttachment,
  totalSteps: number,
): ParameterCounts {
  const starts = attachment.stages.map(({ fromStep }) => ({
    fromStep,
    count: trainableAt(model, attachment, fromStep),
  }));
  const at =
    attachment.trainableAt ??
    ((step: number) => starts.findLast(({ fromStep }) => fromStep <= step)?.count ?? 0);
  const steps = Math.max(1, totalSteps);
  let sum = 0;
  for (let step = 0; step < steps; step++) sum += at(step);
  const declared = model.architecture.parameters(model.config, model.head);
  const first = attachment.stages[0];
  return {
    trainableInitial: at(0),
    trainableAverage: sum / steps,
    trainableFinal: at(steps - 1),
    head: elements(declared.filter(({ name }) => model.headParameters.has(name)).map(({ shape }) => shape)),
    total: elements([...declared, ...(first?.parameters ?? [])].map(({ shape }) => shape)),
  };
}
