import type { Architecture, HeadSpec, LinearModule, ParameterDeclaration } from "@peftbench/models";
import type { ModelShape } from "../../index.ts";
import { modelShape } from "../../modelShape.ts";

/** A model whose parameters are counted: names and shapes, without weights. */
export interface DeclaredModel {
  readonly title: string;
  readonly architecture: Architecture;
  readonly config: unknown;
}

const TWO_LABELS: HeadSpec = { kind: "classification", labelCount: 2 };

export function linear(
  name: string,
  [inFeatures, outFeatures]: readonly [number, number],
  kind: { readonly bias: boolean; readonly head?: boolean },
): LinearModule {
  return { name, inFeatures, outFeatures, bias: kind.bias, head: kind.head ?? false };
}

export function parameter(
  name: string,
  shape: readonly number[],
  role: "base" | "head" = "base",
): ParameterDeclaration {
  return { name, shape, role, initializer: null };
}

/**
 * A model of a kind that this project has no graph for: nothing can run it.
 *
 * @param modules linear layers in the order of the forward pass, the head's at last
 * @param others what is no linear layer: embeddings and norms
 */
export function modelWithoutGraph(
  title: string,
  modules: readonly LinearModule[],
  others: readonly ParameterDeclaration[],
): DeclaredModel {
  const parameters = [
    ...others,
    ...modules.flatMap(({ name, inFeatures, outFeatures, bias, head }) => {
      const role = head ? "head" : "base";
      const weight = parameter(`${name}.weight`, [outFeatures, inFeatures], role);
      return bias ? [weight, parameter(`${name}.bias`, [outFeatures], role)] : [weight];
    }),
  ];
  const architecture: Architecture<null> = {
    modelType: title,
    kind: "encoder",
    title,
    parseConfig: () => null,
    parameters: () => parameters,
    linearModules: () => modules,
    checkpointNaming: { prefixes: [], ignorable: [], rename: (name) => name },
    maxLength: () => 0,
    build: () => {
      throw new Error(`${title} is declared for counting and has no graph.`);
    },
  };
  return { title, architecture: architecture as Architecture, config: null };
}

/** A model to attach methods to and to count, with two labels. */
export function countedModel({ architecture, config }: DeclaredModel, trainsHead: boolean): ModelShape {
  const model = modelShape({ architecture, config, head: TWO_LABELS });
  return trainsHead ? model : { ...model, headParameters: new Set() };
}
