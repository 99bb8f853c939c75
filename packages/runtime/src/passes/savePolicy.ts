import type { Graph, GraphNode, GraphValue, ValueId } from "../graph/graph.ts";
import { graphNode, graphValue } from "../graph/graph.ts";
import { byteSize } from "../graph/spec.ts";
import { opNamed } from "../ops/registry.ts";
import { viewRoots } from "../plan/views.ts";
import type { FlowEdge } from "./minimumCut.ts";
import { minimumCut } from "./minimumCut.ts";
import { pruneGraph } from "./prune.ts";
import { rebuildGraph } from "./rebuild.ts";

export const savePolicies = ["eager", "recompute", "layer"] as const;

/** What a training step keeps of its forward pass: all that gradient rules read, or as little as cheap work allows. */
export type SavePolicy = (typeof savePolicies)[number];

/**
 * `eager` keeps every forward value that the backward pass reads, as an eager framework does: the graph as it is.
 *
 * `recompute` may run nodes of cheap ops, and those marked `recomputable`, a second time. It keeps the set of values of
 * least total bytes from which all that backward reads can be made again, and adds copies of the nodes that make it
 * just before their first reader.
 *
 * `layer` keeps of each layer (`GraphBuilder.withLayer`) what crosses its border, as gradient checkpointing does (Chen et
 * al. 2016), and computes the rest again as its backward pass asks for it. A graph without layers stays as it is.
 *
 * Results are the same under all of them, as copies do the same arithmetic on the same numbers, noise included.
 */
export function applySavePolicy(graph: Graph, policy: SavePolicy): Graph {
  switch (policy) {
    case "eager":
      return graph;
    case "recompute":
      return recomputeInBackward(graph, leastKept(graph));
    case "layer":
      return recomputeInBackward(graph, keptAcrossLayers(graph));
  }
}

/**
 * The forward values to keep, by a minimum cut, as in PyTorch's min-cut rematerialization. A value is an edge as
 * wide as its bytes; a node that may run again carries need from its outputs to its inputs at no limit; what it
 * costs to keep a value flows from the values that cannot be made again to those that backward reads.
 * Views are the value that they show. Leaves, and what lives to the end anyway, cost nothing.
 */
function leastKept(graph: Graph): ReadonlySet<ValueId> {
  const roots = viewRoots(graph);
  const rootOf = (id: ValueId): ValueId => roots[id] as ValueId;
  const forwardNodes = graph.nodes.filter((node) => node.phase === "forward" && !isView(node));
  const forwardValues = forwardNodes.flatMap((node) => node.outputs);
  const isForward = new Set(forwardValues);
  const livesAnyway = new Set(livingToTheEnd(graph, rootOf));

  const [source, sink] = [0, 1];
  const entryOf = new Map(forwardValues.map((id, index) => [id, 2 + 2 * index]));
  const entry = (id: ValueId): number => entryOf.get(id) as number;
  const exit = (id: ValueId): number => entry(id) + 1;
  const unlimited = (from: number, to: number): FlowEdge => ({ from, to, capacity: Infinity });

  const edges: FlowEdge[] = [];
  for (const node of forwardNodes) {
    const made = new Set(node.inputs.map(rootOf).filter((id) => isForward.has(id)));
    for (const id of node.outputs) {
      const capacity = livesAnyway.has(id) ? 0 : byteSize(graphValue(graph, id));
      edges.push({ from: entry(id), to: exit(id), capacity });
      if (mayRunAgain(node)) edges.push(...[...made].map((input) => unlimited(exit(input), entry(id))));
      else edges.push(unlimited(source, entry(id)));
    }
  }
  const readInBackward = graph.nodes
    .filter((node) => node.phase !== "forward")
    .flatMap((node) => node.inputs.map(rootOf));
  for (const id of new Set(readInBackward)) if (isForward.has(id)) edges.push(unlimited(exit(id), sink));

  const { onSinkSide } = minimumCut(2 + 2 * forwardValues.length, edges, source, sink);
  return new Set(forwardValues.filter((id) => onSinkSide[exit(id)] === true && !onSinkSide[entry(id)]));
}

/** The forward values that are made outside of layers, that leave the layer they are made in, or that live to the end. */
function keptAcrossLayers(graph: Graph): ReadonlySet<ValueId> {
  const roots = viewRoots(graph);
  const rootOf = (id: ValueId): ValueId => roots[id] as ValueId;
  const layerOf = (id: ValueId): number | null => {
    const { source } = graphValue(graph, id);
    return source.kind === "node" ? graphNode(graph, source.node).layer : null;
  };
  const forwardNodes = graph.nodes.filter(({ phase }) => phase === "forward");
  return new Set([
    ...forwardNodes.filter(({ layer }) => layer === null).flatMap(({ outputs }) => outputs),
    ...forwardNodes.flatMap(({ inputs, layer }) => inputs.map(rootOf).filter((id) => layerOf(id) !== layer)),
    ...livingToTheEnd(graph, rootOf),
  ]);
}

function livingToTheEnd(graph: Graph, rootOf: (id: ValueId) => ValueId): readonly ValueId[] {
  return [
    ...graph.outputs.map(({ value }) => rootOf(value)),
    ...graph.states.map(({ output }) => rootOf(output)),
  ];
}

function mayRunAgain(node: GraphNode): boolean {
  return (
    opNamed(node.op).cheap || ("recomputable" in node.attributes && node.attributes.recomputable === true)
  );
}

function isView(node: GraphNode): boolean {
  return opNamed(node.op).view === true;
}

/** Makes the nodes after forward read copies, made on the spot, of all forward values that are not `kept`. */
function recomputeInBackward(graph: Graph, kept: ReadonlySet<ValueId>): Graph {
  const roots = viewRoots(graph);
  const values: GraphValue[] = [...graph.values];
  const nodes: GraphNode[] = [];
  const copyOf = new Map<ValueId, ValueId>();

  const isMadeInForward = (id: ValueId): boolean => {
    const { source } = graphValue(graph, id);
    return source.kind === "node" && graphNode(graph, source.node).phase === "forward";
  };
  const isAtHand = (id: ValueId): boolean => {
    const root = roots[id] as ValueId;
    return !isMadeInForward(id) || !isMadeInForward(root) || kept.has(root);
  };
  const copyValue = (id: ValueId): ValueId => {
    const value = graphValue(graph, id);
    const copy = { ...value, id: values.length, name: `${value.name} (recomputed)` };
    values.push(copy);
    copyOf.set(id, copy.id);
    return copy.id;
  };
  const inBackward = (id: ValueId): ValueId => {
    const { source } = graphValue(graph, id);
    if (isAtHand(id) || source.kind !== "node") return id;
    const known = copyOf.get(id);
    if (known !== undefined) return known;
    const node = graphNode(graph, source.node);
    const inputs = node.inputs.map(inBackward);
    nodes.push({ ...node, inputs, outputs: node.outputs.map(copyValue), phase: "backward" });
    return copyOf.get(id) as ValueId;
  };

  for (const node of graph.nodes) {
    nodes.push(node.phase === "forward" ? node : { ...node, inputs: node.inputs.map(inBackward) });
  }
  return pruneGraph(rebuildGraph({ ...graph, values }, nodes));
}
