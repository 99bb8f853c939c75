import { GraphError } from "../errors.ts";
import type { Graph, GraphNode, GraphValue, ValueId } from "../graph/graph.ts";
import { graphValue } from "../graph/graph.ts";

/**
 * A graph of `nodes` in the order given, over the values of `graph` that they touch, all renumbered.
 * `nodes` may read each other's outputs only backwards; a value that is read before it is made is an error.
 */
export function rebuildGraph(graph: Graph, nodes: readonly GraphNode[]): Graph {
  const used = new Set<ValueId>();
  for (const node of nodes) {
    for (const id of node.inputs) used.add(id);
    for (const id of node.outputs) used.add(id);
  }
  for (const output of graph.outputs) used.add(output.value);
  for (const state of graph.states) {
    used.add(state.input);
    used.add(state.output);
  }

  const renumbered = new Map<ValueId, ValueId>();
  const values: GraphValue[] = [];
  const keep = (value: GraphValue): void => {
    renumbered.set(value.id, values.length);
    values.push({ ...value, id: values.length });
  };
  for (const value of graph.values) {
    if (value.source.kind !== "node" && used.has(value.id)) keep(value);
  }

  const mapped = (id: ValueId): ValueId => {
    const target = renumbered.get(id);
    if (target === undefined)
      throw new GraphError(`${graphValue(graph, id).name} is read before it is made.`);
    return target;
  };
  const rebuilt = nodes.map((node, index): GraphNode => {
    const inputs = node.inputs.map(mapped);
    node.outputs.forEach((id, output) => {
      keep({ ...graphValue(graph, id), source: { kind: "node", node: index, output } });
    });
    return { ...node, id: index, inputs, outputs: node.outputs.map(mapped) };
  });
  return {
    values,
    nodes: rebuilt,
    outputs: graph.outputs.map((output) => ({ name: output.name, value: mapped(output.value) })),
    states: graph.states.map((state) => ({
      name: state.name,
      input: mapped(state.input),
      output: mapped(state.output),
    })),
  };
}
