import type { Graph, ValueId } from "../graph/graph.ts";
import { graphNode, graphValue } from "../graph/graph.ts";
import { rebuildGraph } from "./rebuild.ts";

/** Drops every node that neither an output nor a state needs, and leaves that nobody reads. */
export function pruneGraph(graph: Graph): Graph {
  const live = new Set<number>();
  const pending: ValueId[] = [
    ...graph.outputs.map((output) => output.value),
    ...graph.states.map((state) => state.output),
  ];
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    const { source } = graphValue(graph, id);
    if (source.kind !== "node" || live.has(source.node)) continue;
    live.add(source.node);
    pending.push(...graphNode(graph, source.node).inputs);
  }
  return rebuildGraph(
    graph,
    graph.nodes.filter((node) => live.has(node.id)),
  );
}
