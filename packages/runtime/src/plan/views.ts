import type { Graph, ValueId } from "../graph/graph.ts";
import { opNamed } from "../ops/registry.ts";

/** For each value the one whose bytes it shows: itself, or the end of its chain of views (reshapes). */
export function viewRoots(graph: Graph): readonly ValueId[] {
  const roots = graph.values.map((value) => value.id);
  for (const node of graph.nodes) {
    const [viewed] = node.inputs;
    if (viewed === undefined || opNamed(node.op).view !== true) continue;
    for (const output of node.outputs) roots[output] = roots[viewed] ?? viewed;
  }
  return roots;
}
