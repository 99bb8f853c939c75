import type { Graph, GraphNode, GraphValue, ValueId } from "../graph/graph.ts";
import { graphValue } from "../graph/graph.ts";
import { encodeHalf } from "../graph/half.ts";
import type { HostTensor } from "../graph/spec.ts";
import { elementCount } from "../graph/spec.ts";
import { opNamed } from "../ops/registry.ts";
import { toFloat32 } from "../ops/toFloat32.ts";
import { rebuildGraph } from "./rebuild.ts";

/** How frozen weights are stored. f16 halves their memory and rounds them to 11 significant bits. */
export const weightStorages = ["f32", "f16"] as const;

export type WeightStorage = (typeof weightStorages)[number];

/**
 * The graph with its frozen weights stored as f16. Arithmetic stays in f32: ops that take f16 read it so, before all
 * others the values are converted. WebGPU only.
 *
 * Which weights: frozen base weights with two axes or more (matrices and tables). Vectors stay f32, as in mixed
 * precision training: biases and norms are few bytes and matter most. The choice looks at the parameter alone, so
 * that all graphs over one store agree.
 */
export function storeFrozenWeightsAsHalf(graph: Graph): Graph {
  const halves = new Set(graph.values.filter(isStoredAsHalf).map(({ id }) => id));
  if (halves.size === 0) return graph;
  const values: GraphValue[] = graph.values.map((value) =>
    halves.has(value.id) ? { ...value, dtype: "f16" } : value,
  );
  const nodes: GraphNode[] = [];
  const takesHalf = ({ op }: GraphNode, index: number): boolean =>
    opNamed(op).halfInputs?.includes(index) === true;
  const converted = (id: ValueId, reader: GraphNode): ValueId => {
    const { name, shape } = graphValue(graph, id);
    const output = values.length;
    const node = graph.nodes.length + nodes.length;
    const source = { kind: "node", node, output: 0 } as const;
    values.push({ id: output, name: `${name}.f32`, shape, dtype: "f32", source, gradientOf: null });
    const { phase, scope, layer } = reader;
    nodes.push({
      id: node,
      op: toFloat32.name,
      inputs: [id],
      outputs: [output],
      attributes: {},
      phase,
      scope,
      layer,
    });
    return output;
  };
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((id, index) =>
      halves.has(id) && !takesHalf(node, index) ? converted(id, node) : id,
    );
    nodes.push({ ...node, inputs });
  }
  return rebuildGraph({ ...graph, values, nodes }, nodes);
}

/** The weights of a store for graphs that `storeFrozenWeightsAsHalf` made: those that they read as f16, rounded. */
export function roundFrozenWeightsToHalf(
  graph: Graph,
  parameters: ReadonlyMap<string, HostTensor>,
): ReadonlyMap<string, HostTensor> {
  const rounded = new Map(parameters);
  for (const { name, shape, dtype, source } of graph.values) {
    const tensor = parameters.get(name);
    if (source.kind !== "parameter" || dtype !== "f16" || tensor?.dtype !== "f32") continue;
    rounded.set(name, { shape, dtype, data: encodeHalf(name, tensor.data as Float32Array) });
  }
  return rounded;
}

/** An odd count would end in the middle of the four bytes that WebGPU copies and binds at least. */
function isStoredAsHalf({ source, shape, dtype }: GraphValue): boolean {
  return (
    source.kind === "parameter" &&
    source.role === "baseWeight" &&
    !source.trainable &&
    dtype === "f32" &&
    shape.length >= 2 &&
    elementCount(shape) % 2 === 0
  );
}
