import type { Architecture, HeadSpec, LinearModule, ParameterDeclaration } from "@peftbench/models";
import type { ModelShape } from "../../index.ts";

/** The names and shapes of a model whose parameters are only counted. */
export interface DeclaredModel {
  readonly title: string;
  /** Linear layers in the order of the forward pass, the head's at last. */
  readonly modules: readonly LinearModule[];
  /** What is no linear layer: embeddings and norms. */
  readonly others: readonly ParameterDeclaration[];
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

export function layerNorm(name: string, size: number): readonly ParameterDeclaration[] {
  return [parameter(`${name}.weight`, [size]), parameter(`${name}.bias`, [size])];
}

/** A model to attach methods to and to count. It has no graph: nothing can run it. */
export function countedModel(declared: DeclaredModel, trainsHead: boolean): ModelShape {
  const { title, modules, others } = declared;
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
  const head = parameters.filter(({ role }) => role === "head").map(({ name }) => name);
  return {
    architecture: architecture as Architecture,
    config: null,
    head: TWO_LABELS,
    headParameters: new Set(trainsHead ? head : []),
  };
}
