import { GraphError } from "../../errors.ts";
import type { Graph, GraphNode, ValueId } from "../../graph/graph.ts";
import { graphNode, graphValue } from "../../graph/graph.ts";
import { opNamed } from "../../ops/registry.ts";

/** A run of nodes that one engine executes: ONNX Runtime, or JavaScript on the host. */
export interface Segment {
  readonly kind: "onnx" | "host";
  readonly nodes: readonly GraphNode[];
  /** Values made here that a later segment, an output or a state reads. */
  readonly results: readonly ValueId[];
}

/**
 * Cuts a graph into the fewest alternating segments. A node goes into the first segment of its engine that comes after
 * everything it reads, so a training step is one ONNX segment (forward, backward) and one host segment (optimizer).
 */
export function cutSegments(graph: Graph): readonly Segment[] {
  const stageOfNode: number[] = [];
  for (const node of graph.nodes) {
    const parity = engineOf(node) === "onnx" ? 0 : 1;
    const after = Math.max(0, ...node.inputs.map((id) => stageOfValue(graph, id, stageOfNode)));
    stageOfNode[node.id] = after % 2 === parity ? after : after + 1;
  }
  const readers = lastReaderStages(graph, stageOfNode);
  const stageCount = Math.max(-1, ...stageOfNode) + 1;
  return Array.from({ length: stageCount }, (_, stage): Segment => {
    const nodes = graph.nodes.filter((node) => stageOfNode[node.id] === stage);
    const made = nodes.flatMap((node) => node.outputs);
    return {
      kind: stage % 2 === 0 ? "onnx" : "host",
      nodes,
      results: made.filter((id) => (readers.get(id) ?? -1) > stage),
    };
  }).filter((segment) => segment.nodes.length > 0);
}

function engineOf(node: GraphNode): "onnx" | "host" {
  const definition = opNamed(node.op);
  if (definition.host !== undefined) return "host";
  if (definition.onnx !== undefined) return "onnx";
  throw new GraphError(
    `The CPU executor has no implementation of ${node.op} (${node.scope || "top level"}).`,
  );
}

function stageOfValue(graph: Graph, id: ValueId, stageOfNode: readonly number[]): number {
  const { source } = graphValue(graph, id);
  if (source.kind !== "node") return 0;
  const stage = stageOfNode[source.node];
  if (stage === undefined)
    throw new GraphError(`${graphNode(graph, source.node).op} runs after a node that reads it.`);
  return stage;
}

/** The last stage that reads each value; results of the whole graph are read after every stage. */
function lastReaderStages(graph: Graph, stageOfNode: readonly number[]): ReadonlyMap<ValueId, number> {
  const readers = new Map<ValueId, number>();
  for (const node of graph.nodes) {
    const stage = stageOfNode[node.id] ?? 0;
    for (const id of node.inputs) readers.set(id, Math.max(readers.get(id) ?? 0, stage));
  }
  for (const { value } of graph.outputs) readers.set(value, Number.POSITIVE_INFINITY);
  for (const { output } of graph.states) readers.set(output, Number.POSITIVE_INFINITY);
  return readers;
}
