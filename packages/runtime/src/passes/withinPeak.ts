import type { Graph, GraphNode } from "../graph/graph.ts";
import { liveBytesOverTime } from "../plan/liveBytes.ts";
import { findStorages } from "../plan/storages.ts";
import { rebuildGraph } from "./rebuild.ts";

/** Nodes that are to become one, by rising id. It takes the place of the last: nobody else reads their results before. */
export type NodeGroup = readonly number[];

/**
 * The graph with each group as the one node that `merge` makes of it, in the place of the group's last.
 *
 * The planned live peak never rises: a merged node needs all that its members read at one time, and later than some of
 * them did, so a group that would raise the peak stays as it was.
 */
export function mergeWithinPeak(
  graph: Graph,
  wanted: readonly NodeGroup[],
  merge: (group: NodeGroup) => Omit<GraphNode, "id">,
): Graph {
  const peak = largest(liveBytes(graph));
  let groups = wanted;
  while (groups.length > 0) {
    const nodes = mergedNodes(graph, groups, merge);
    const merged = rebuildGraph(graph, nodes);
    const live = liveBytes(merged);
    if (largest(live) <= peak) return merged;
    // In the order of the original graph, where a merged node has the place of its group's last.
    const moments = nodes.flatMap(({ id }, index) => ((live[index] as number) > peak ? [id] : []));
    const kept = groups.filter((group) => !moments.some((moment) => spans(group, moment)));
    // The next value of a parameter that cannot be written over it any more lives to the end: no moment tells whose it is.
    groups = kept.length < groups.length ? kept : [];
  }
  return graph;
}

function mergedNodes(
  graph: Graph,
  groups: readonly NodeGroup[],
  merge: (group: NodeGroup) => Omit<GraphNode, "id">,
): readonly GraphNode[] {
  const groupOf = new Map(groups.flatMap((group) => group.map((id) => [id, group] as const)));
  return graph.nodes.flatMap((node): GraphNode[] => {
    const group = groupOf.get(node.id);
    if (group === undefined) return [node];
    return group.at(-1) === node.id ? [{ ...merge(group), id: node.id }] : [];
  });
}

function liveBytes(graph: Graph): readonly number[] {
  return liveBytesOverTime(findStorages(graph).storages, graph.nodes.length);
}

function largest(bytes: readonly number[]): number {
  return bytes.reduce((most, live) => Math.max(most, live), 0);
}

/** Whether lifetimes of what the group reads may be longer at a moment than they were. */
function spans(group: NodeGroup, moment: number): boolean {
  return (group[0] as number) <= moment && moment <= (group.at(-1) as number);
}
