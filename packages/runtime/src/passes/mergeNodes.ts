import type { Graph } from "../graph/graph.ts";
import { fusePointwise } from "./fusePointwise/fusePointwise.ts";
import type { FusionLimits } from "./fusePointwise/groups.ts";
import { groupAdamW } from "./groupAdamW.ts";

/** The graph in fewer nodes, each of which does more: optimizer updates together, pointwise chains as one. */
export function mergeNodes(graph: Graph, limits: FusionLimits): Graph {
  return fusePointwise(groupAdamW(graph), limits);
}
