import type { Graph, GraphNode, ValueId } from "../graph/graph.ts";
import { graphNode, graphValue } from "../graph/graph.ts";
import type { AdamWAttributes } from "../ops/adamw.ts";
import type { AdamWGroupAttributes } from "../ops/adamwGroup.ts";
import { isFusible } from "../ops/fused.ts";
import { pruneGraph } from "./prune.ts";
import type { NodeGroup } from "./withinPeak.ts";
import { mergeWithinPeak } from "./withinPeak.ts";

/** Inputs of `adamw` that are of one tensor. */
const OWN_INPUTS = 4;

/**
 * The graph with the AdamW updates that share hyperparameters, learning rate, clipping and flags as one `adamwGroup`, so
 * that few dispatches update many tensors. It comes after the splitting of large tensors. The planned live peak never
 * rises: gradients that all live until their norm is known may as well live until all are used.
 */
export function groupAdamW(graph: Graph): Graph {
  const merged = mergeWithinPeak(graph, findGroups(graph), (group) => groupNode(graph, group));
  return merged === graph ? graph : pruneGraph(merged);
}

function findGroups(graph: Graph): readonly NodeGroup[] {
  const byKey = new Map<string, number[]>();
  for (const node of graph.nodes) {
    if (node.op !== "adamw") continue;
    const shared = node.inputs.slice(OWN_INPUTS).map((id) => scalarKey(graph, id));
    const key = JSON.stringify([node.phase, node.attributes, shared]);
    byKey.set(key, [...(byKey.get(key) ?? []), node.id]);
  }
  const firstReader = firstReaders(graph);
  return [...byKey.values()].flatMap((ids) => {
    const last = ids.at(-1) as number;
    const isReadLater = (id: number): boolean =>
      graphNode(graph, id).outputs.every((output) => (firstReader.get(output) ?? last + 1) > last);
    const group = ids.filter(isReadLater);
    return group.length > 1 ? [group] : [];
  });
}

/** Text that is equal for values that are computed alike: a learning rate that is scaled anew for each parameter. */
function scalarKey(graph: Graph, id: ValueId): string {
  const { source, shape } = graphValue(graph, id);
  if (source.kind !== "node" || shape.length > 0) return String(id);
  const { op, inputs, attributes } = graphNode(graph, source.node);
  if (!isFusible(op)) return String(id);
  return JSON.stringify([op, attributes, inputs.map((operand) => scalarKey(graph, operand))]);
}

function firstReaders(graph: Graph): ReadonlyMap<ValueId, number> {
  const first = new Map<ValueId, number>();
  for (const node of graph.nodes) {
    for (const id of node.inputs) if (!first.has(id)) first.set(id, node.id);
  }
  return first;
}

function groupNode(graph: Graph, group: NodeGroup): GraphNode {
  const members = group.map((id) => graphNode(graph, id));
  // The first's scalars: later members may have had the same ones computed again, after it.
  const [first] = members as [GraphNode];
  const attributes: AdamWGroupAttributes = {
    ...(first.attributes as AdamWAttributes),
    tensorCount: members.length,
  };
  return {
    ...first,
    op: "adamwGroup",
    inputs: [
      ...first.inputs.slice(OWN_INPUTS),
      ...members.flatMap(({ inputs }) => inputs.slice(0, OWN_INPUTS)),
    ],
    outputs: members.flatMap(({ outputs }) => outputs),
    attributes,
  };
}
