import type { Graph } from "../../graph/graph.ts";
import { viewRoots } from "../../plan/views.ts";
import { mergeWithinPeak } from "../withinPeak.ts";
import { fusedNode } from "./fusedNode.ts";
import type { FusionLimits } from "./groups.ts";
import { GroupFinder } from "./groups.ts";

/**
 * The graph with chains of pointwise nodes as one `fused` node each: results that nobody else reads are never in memory,
 * and the others are written while the element is at hand. It comes after autodiff, the save policy and the splitting of
 * large tensors. A graph that was fused before stays as it is. The planned live peak never rises.
 */
export function fusePointwise(graph: Graph, limits: FusionLimits): Graph {
  if (graph.nodes.some(({ op }) => op === "fused")) return graph;
  const finder = new GroupFinder(graph, limits);
  const roots = viewRoots(graph);
  return mergeWithinPeak(graph, finder.find(), (group) =>
    fusedNode(graph, group, finder.operands(group), roots),
  );
}
