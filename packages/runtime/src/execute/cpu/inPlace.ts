import type { Graph, GraphNode, ValueId } from "../../graph/graph.ts";
import { graphValue } from "../../graph/graph.ts";
import { inPlaceInput } from "../../ops/op.ts";
import { opNamed } from "../../ops/registry.ts";

/**
 * Results of host ops that may overwrite the parameter they replace, by value: those of an op that allows it, where
 * nothing that runs later reads the parameter's old values. `order` is the order of execution.
 */
export function inPlaceUpdates(graph: Graph, order: readonly GraphNode[]): ReadonlyMap<ValueId, string> {
  const lastReader = new Map<ValueId, number>();
  order.forEach((node, position) => {
    for (const id of node.inputs) lastReader.set(id, position);
  });
  const outputs = new Set([
    ...graph.outputs.map(({ value }) => value),
    ...graph.states.map((state) => state.output),
  ]);
  const parameterBefore = new Map(graph.states.map((state) => [state.output, state.input]));
  const updates = new Map<ValueId, string>();
  order.forEach((node, position) => {
    const definition = opNamed(node.op);
    if (definition.host === undefined) return;
    node.outputs.forEach((id, index) => {
      const source = inPlaceInput(definition, node.attributes, index);
      const replaced = source === null ? undefined : node.inputs[source];
      if (replaced === undefined || parameterBefore.get(id) !== replaced) return;
      if (lastReader.get(replaced) === position && !outputs.has(replaced)) {
        updates.set(id, graphValue(graph, replaced).name);
      }
    });
  });
  return updates;
}
