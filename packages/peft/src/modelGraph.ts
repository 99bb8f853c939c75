import type {
  Architecture,
  AttentionKind,
  BatchShape,
  Decoding,
  EncoderOutputs,
  HeadSpec,
  LinearModule,
  ModelContext,
} from "@peftbench/models";
import type { GraphBuilder, Tensor } from "@peftbench/runtime";
import { MethodError } from "./errors.ts";
import type { MethodStage } from "./method.ts";
import { usageOf } from "./trainable.ts";

/** A model of known size and head, described without its weights. */
export interface ModelShape {
  readonly architecture: Architecture;
  readonly config: unknown;
  readonly head: HeadSpec;
  /**
   * Names of the parameters that train with the head: the head's own, and base ones that no checkpoint brought.
   * Empty: the head is frozen.
   */
  readonly headParameters: ReadonlySet<string>;
}

/** How dropout is computed in a graph; null in evaluation. */
export interface DropoutContext {
  /** Scalar input that changes from step to step. */
  readonly noiseKey: () => Tensor<"u32">;
  /** In place of every probability that the model's configuration gives; null keeps those. */
  readonly modelProbability: number | null;
}

/** One of a stage's tensors in a graph. @throws MethodError if the stage does not declare it. */
export function stageParameter(graph: GraphBuilder, stage: MethodStage, name: string): Tensor {
  const declared = stage.parameters.find((parameter) => parameter.name === name);
  if (declared === undefined) throw new MethodError(`Stage ${stage.name} declares no tensor ${name}.`);
  const changes = declared.trainable || declared.changedByMethod === true;
  return graph.parameter(name, declared.shape, { role: "adapterWeight", trainable: changes });
}

/** Adds the forward pass of a model, with a stage of a method attached, to a graph under construction. */
export function buildModelGraph(
  graph: GraphBuilder,
  model: ModelShape,
  stage: MethodStage,
  batch: BatchShape,
  dropout: DropoutContext | null,
  attention: AttentionKind = "materialized",
  decoding: Decoding | null = null,
): EncoderOutputs {
  const { architecture, config, head } = model;
  const declarations = new Map(
    architecture.parameters(config, head).map((declared) => [declared.name, declared]),
  );
  const modules = new Map(architecture.linearModules(config, head).map((module) => [module.name, module]));

  const baseParameter = (name: string): Tensor => {
    const declared = declarations.get(name);
    if (declared === undefined) throw new MethodError(`${architecture.title} declares no parameter ${name}.`);
    return graph.parameter(name, declared.shape, usageOf(declared, model, stage));
  };
  const parameter = (name: string): Tensor => stageParameter(graph, stage, name);
  const applyDropout = (x: Tensor, probability: number): Tensor =>
    dropout === null ? x : x.dropout(probability, dropout.noiseKey());

  const context: ModelContext = {
    graph,
    parameter: baseParameter,
    linear: (name, x) => {
      const module = modules.get(name);
      if (module === undefined)
        throw new MethodError(`${architecture.title} declares no linear module ${name}.`);
      return graph.withScope(localName(name), () => applyLinear(module, x));
    },
    dropout: (x, probability) => applyDropout(x, dropout?.modelProbability ?? probability),
    attention,
    decoding,
    fusedDropout: (modelProbability) => {
      const probability = dropout?.modelProbability ?? modelProbability;
      if (dropout === null || probability === 0) return null;
      return { probability, noiseKey: dropout.noiseKey() };
    },
  };
  const applyLinear = (module: LinearModule, x: Tensor): Tensor => {
    const weight = (): Tensor => baseParameter(`${module.name}.weight`);
    const base = (): Tensor => {
      const product = x.matmul(weight(), { transposeB: true });
      return module.bias ? product.add(baseParameter(`${module.name}.bias`)) : product;
    };
    if (module.head || stage.linear === undefined) return base();
    return stage.linear({ graph, module, x, base, weight, parameter, dropout: applyDropout }) ?? base();
  };
  return architecture.build(context, config, head, batch);
}

/** The part of a module's name below its layer, since the layer is in the scope already. */
function localName(name: string): string {
  return name.split(/\.\d+\./).at(-1) ?? name;
}
