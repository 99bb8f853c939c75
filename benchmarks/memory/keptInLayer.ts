import type { Graph, GraphNode, ValueId } from "@peftbench/runtime";
import { byteSize, graphNode, graphValue } from "@peftbench/runtime";
import type { GraphFacts } from "./graphFacts.ts";
import { graphFacts } from "./graphFacts.ts";
import type { LayerNames } from "./layerNames.ts";
import { layerNames, layerNormName } from "./layerNames.ts";

/**
 * What a reader in backward computes. `own`: the gradient of a parameter of a linear module (an adapter's or the weight's);
 * `module`: the gradient by a linear module's input; `layer`: that of any other op of the layer; `outside`: the rest.
 */
export interface Purpose {
  readonly kind: "own" | "module" | "layer" | "outside";
  readonly text: string;
}

/** A tensor that is made in forward and read in backward, as the plan keeps it. */
export interface KeptTensor {
  readonly name: string;
  readonly madeBy: string;
  readonly shape: readonly number[];
  readonly bytes: number;
  /** False for what is made of weights alone, and does not grow with the batch. */
  readonly dependsOnBatch: boolean;
  readonly readers: readonly Purpose[];
  /** Whether it is made below the layer and read there too, so that the layer adds nothing. */
  readonly keptBelow: boolean;
  /** Whether only trained modules' own gradients, or what their paths take beside, read it. */
  readonly forMethodAlone: boolean;
}

/** A tensor that a module's own gradients read. */
export interface NeededTensor {
  readonly name: string;
  /** `x`, `h`, `u` as in `methods.md`, or a formula. Null for what does not depend on the batch. */
  readonly symbol: string | null;
  /** The arithmetic that makes it of the module's input and parameters. */
  readonly formula: string;
  /** Whose gradients read it, below the module. */
  readonly gradientsOf: readonly string[];
  readonly bytes: number;
  /** The kept tensors that it is made of: itself, where it is kept. */
  readonly from: readonly { readonly name: string; readonly alsoReadBy: readonly string[] }[];
  readonly isKept: boolean;
}

export interface ModuleNeeds {
  readonly module: string;
  readonly needs: readonly NeededTensor[];
}

export interface KeptInLayer {
  readonly tensors: readonly KeptTensor[];
  /** Without what is kept below anyway. */
  readonly totalBytes: number;
  /** Of the tensors that the method alone keeps. */
  readonly forMethodAloneBytes: number;
  /** Of the trained linear modules, in the order of the forward pass. */
  readonly modules: readonly ModuleNeeds[];
  /** Kept tensors of the whole graph. */
  readonly graphBytes: number;
}

/** What a training graph keeps of one layer. `layer` is its scope. */
export function keptInLayer(graph: Graph, layer: string): KeptInLayer {
  const facts = graphFacts(graph);
  const names = layerNames(facts, layer);
  const purposeOf = purposes(facts, names, layer);
  const tensors = facts.kept.flatMap((value): KeptTensor[] => {
    const maker = makerOf(facts, value.id);
    const readers = facts.finalReaders(value.id).map(({ node }) => purposeOf(node));
    const isOfLayer = names.local(maker.scope) !== null || readers.some(({ kind }) => kind !== "outside");
    if (!isOfLayer) return [];
    return [
      {
        name: names.nameOf(value.id).text,
        madeBy: `${maker.op} (${names.local(maker.scope) || maker.scope})`,
        shape: value.shape,
        bytes: byteSize(value),
        dependsOnBatch: facts.dependsOnBatch(value.id),
        readers: distinct(readers),
        keptBelow: names.local(maker.scope) === null && readers.some(({ kind }) => kind === "outside"),
        forMethodAlone: readers.every(({ kind }) => kind === "own" || kind === "module"),
      },
    ];
  });
  const sum = (list: readonly { readonly bytes: number }[]): number =>
    list.reduce((total, { bytes }) => total + bytes, 0);
  return {
    tensors,
    totalBytes: sum(tensors.filter(({ keptBelow }) => !keptBelow)),
    forMethodAloneBytes: sum(tensors.filter(({ forMethodAlone }) => forMethodAlone)),
    modules: names.modules.flatMap((module) => moduleNeeds(facts, names, purposeOf, layer, module)),
    graphBytes: sum(facts.kept.map((value) => ({ bytes: byteSize(value) }))),
  };
}

/** What the gradients of a module's trained parameters read; empty where none of them trains. */
function moduleNeeds(
  facts: GraphFacts,
  names: LayerNames,
  purposeOf: (node: GraphNode) => Purpose,
  layer: string,
  module: string,
): readonly ModuleNeeds[] {
  const { graph, isCopy, originalOf, sourcesOf, finalReaders, reach } = facts;
  const scope = `${layer}.${module}`;
  const isTrained = graph.values.some(({ gradientOf }) => gradientOf?.startsWith(`${scope}.`) === true);
  if (!isTrained) return [];
  const found = new Map<ValueId, { read: ValueId; gradientsOf: Set<string> }>();
  for (const node of graph.nodes) {
    if (node.phase !== "backward" || node.scope !== scope || isCopy(node)) continue;
    if (purposeOf(node).kind !== "own") continue;
    for (const id of node.inputs) {
      const original = originalOf(id);
      const { source } = graphValue(graph, original);
      if (source.kind !== "node" || graphNode(graph, source.node).phase !== "forward") continue;
      if (node.outputs.some((output) => originalOf(output) === original)) continue;
      const entry = found.get(original) ?? { read: id, gradientsOf: new Set() };
      for (const name of reach(node)) entry.gradientsOf.add(name.slice(scope.length + 1));
      found.set(original, entry);
    }
  }
  const needs = [...found].map(([original, { read, gradientsOf }]): NeededTensor => {
    const { text, symbol, formula } = names.nameOf(original);
    const sources = [...sourcesOf(read)];
    return {
      name: text,
      formula,
      symbol: facts.dependsOnBatch(original) ? (symbol ?? text) : null,
      gradientsOf: [...gradientsOf],
      bytes: byteSize(graphValue(graph, original)),
      isKept: sources.includes(original),
      from: sources.map((id) => ({
        name: names.nameOf(id).text,
        alsoReadBy: distinct(
          finalReaders(id)
            .filter(({ node }) => node.scope !== scope)
            .map(({ node }) => purposeOf(node)),
        ).map((purpose) => purpose.text),
      })),
    };
  });
  return [{ module, needs }];
}

function purposes(facts: GraphFacts, names: LayerNames, layer: string): (node: GraphNode) => Purpose {
  return (node) => {
    const module = names.local(node.scope);
    const reached = [...facts.reach(node)];
    if (module === null) return { kind: "outside", text: outsideText(facts, node) };
    if (names.modules.includes(module)) {
      const prefix = `${layer}.${module}.`;
      const isOwn = reached.length > 0 && reached.every((name) => name.startsWith(prefix));
      if (!isOwn) return { kind: "module", text: `gradient by x, of ${module}` };
      const parameters = reached.map((name) => name.slice(prefix.length)).join(", ");
      return { kind: "own", text: `gradient of ${module}'s ${parameters}` };
    }
    const norm = reached.length === 1 ? reached[0] : undefined;
    switch (node.op) {
      case "layerNormGradient":
        return {
          kind: "layer",
          text: `layer norm ${layerNormName(facts, node).replace(`${layer}.`, "")}: gradient by x`,
        };
      case "attentionGradient":
        return { kind: "layer", text: "attention: gradient by its inputs" };
      case "softmaxGradient":
      case "geluGradient":
        return { kind: "layer", text: `${node.op.replace("Gradient", "")}: gradient by its input` };
      case "matmul":
        return { kind: "layer", text: "attention's products: gradient by the other factor" };
      default:
        return norm?.startsWith(`${layer}.`) === true
          ? { kind: "layer", text: `gradient of ${norm.slice(layer.length + 1)}` }
          : { kind: "layer", text: node.op };
    }
  };
}

function outsideText(facts: GraphFacts, node: GraphNode): string {
  if (node.op === "layerNormGradient") return `layer norm ${layerNormName(facts, node)}: gradient by x`;
  const [parameter, ...others] = facts.reach(node);
  if (parameter !== undefined && others.length === 0) return `gradient of ${parameter}`;
  return `${node.op} in ${node.scope || "the loss"}`;
}

function makerOf({ graph }: GraphFacts, id: ValueId): GraphNode {
  const { source } = graphValue(graph, id);
  if (source.kind !== "node") throw new RangeError(`${graphValue(graph, id).name} is made by no node.`);
  return graphNode(graph, source.node);
}

function distinct(found: readonly Purpose[]): readonly Purpose[] {
  return [...new Map(found.map((purpose) => [purpose.text, purpose])).values()];
}
