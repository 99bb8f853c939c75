import { GraphError } from "../errors.ts";
import type { Graph, ValueId } from "../graph/graph.ts";
import { graphValue } from "../graph/graph.ts";
import { decodeHalf } from "../graph/half.ts";
import { formatSpec, sameShape } from "../graph/spec.ts";
import { referenceOps } from "./reference/index.ts";
import type { Tensor64 } from "./reference/tensor64.ts";
import { tensor64 } from "./reference/tensor64.ts";

export interface Interpretation {
  readonly outputs: ReadonlyMap<string, Tensor64>;
  /** Next values of the parameters that the graph updates. */
  readonly states: ReadonlyMap<string, Tensor64>;
  value(id: ValueId): Tensor64;
}

/**
 * Runs a whole graph in float64 on the reference definitions of its ops.
 * @param leaves data of inputs and parameters, by name
 * @throws GraphError if a leaf has no data, or an op makes another shape than the graph says
 */
export function interpretGraph(graph: Graph, leaves: ReadonlyMap<string, ArrayLike<number>>): Interpretation {
  const known = new Map<ValueId, Tensor64>();
  for (const { id, name, shape, dtype, source } of graph.values) {
    if (source.kind === "constant") known.set(id, tensor64(shape, source.data));
    if (source.kind === "input" || source.kind === "parameter") {
      const data = leaves.get(name);
      if (data === undefined) throw new GraphError(`The interpreter was given no data for ${name}.`);
      known.set(id, tensor64(shape, dtype === "f16" ? decodeHalf(Uint16Array.from(data)) : data));
    }
  }
  const value = (id: ValueId): Tensor64 => {
    const tensor = known.get(id);
    if (tensor === undefined)
      throw new GraphError(`${graphValue(graph, id).name} is read before it is made.`);
    return tensor;
  };
  for (const node of graph.nodes) {
    const results = referenceOps[node.op]?.(node.inputs.map(value), node.attributes);
    if (results === undefined) throw new GraphError(`There is no reference for the op ${node.op}.`);
    for (const [index, id] of node.outputs.entries()) {
      const spec = graphValue(graph, id);
      const result = results[index];
      if (result === undefined || !sameShape(result.shape, spec.shape)) {
        throw new GraphError(`${spec.name} is ${formatSpec(spec)}; the reference made [${result?.shape}].`);
      }
      known.set(id, result);
    }
  }
  return {
    value,
    outputs: new Map(graph.outputs.map(({ name, value: id }) => [name, value(id)])),
    states: new Map(graph.states.map(({ name, output }) => [name, value(output)])),
  };
}
