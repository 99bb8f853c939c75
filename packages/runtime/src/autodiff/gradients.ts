import { GraphError } from "../errors.ts";
import type { GraphNode, ValueId } from "../graph/graph.ts";
import { formatShape } from "../graph/spec.ts";
import type { Tensor } from "../graph/tensor.ts";
import { asF32 } from "../graph/tensor.ts";
import { opNamed } from "../ops/registry.ts";

/**
 * Adds the nodes that compute the gradient of the scalar `loss` by each tensor of `wrt` (reverse mode), and gives
 * these gradients in the order asked. Only gradients on a path from `wrt` to `loss` are made.
 *
 * @throws GraphError if the loss is no scalar, does not depend on a tensor of `wrt`, or an op on the way has no rule.
 */
export function gradients(loss: Tensor, wrt: readonly Tensor[]): readonly Tensor[] {
  if (loss.shape.length !== 0) {
    throw new GraphError(`The loss ${loss.name} has shape ${formatShape(loss.shape)}; a scalar is needed.`);
  }
  const graph = loss.graph;
  for (const tensor of wrt) {
    if (tensor.graph !== graph)
      throw new GraphError(`${tensor.name} belongs to another graph than ${loss.name}.`);
  }
  return graph.withPhase("backward", () => {
    const { nodes } = graph.snapshot();
    const dependent = dependentValues(nodes, wrt);
    const collected = new Map<ValueId, Tensor>([[loss.id, graph.scalar(1)]]);
    for (let index = nodes.length - 1; index >= 0; index--) {
      const node = nodes[index];
      if (node?.outputs.some((id) => collected.has(id) && dependent.has(id)) === true) {
        graph.withScope(node.scope, () => propagate(node, loss, dependent, collected));
      }
    }
    return wrt.map((tensor) => {
      const gradient = collected.get(tensor.id);
      if (gradient === undefined) throw new GraphError(`${loss.name} does not depend on ${tensor.name}.`);
      graph.markGradient(gradient, tensor.name);
      return gradient;
    });
  });
}

/** Values that depend on one of `wrt`: the only ones whose gradient leads anywhere. */
function dependentValues(nodes: readonly GraphNode[], wrt: readonly Tensor[]): ReadonlySet<ValueId> {
  const dependent = new Set(wrt.map((tensor) => tensor.id));
  for (const node of nodes) {
    if (node.inputs.some((id) => dependent.has(id))) {
      for (const id of node.outputs) dependent.add(id);
    }
  }
  return dependent;
}

function propagate(
  node: GraphNode,
  loss: Tensor,
  dependent: ReadonlySet<ValueId>,
  collected: Map<ValueId, Tensor>,
): void {
  const { graph } = loss;
  const needed = node.inputs.map((id) => dependent.has(id));
  if (!needed.includes(true)) return;
  const definition = opNamed(node.op);
  if (definition.gradient === undefined) {
    throw new GraphError(
      `${node.op} in ${node.scope || "the graph"} has no gradient rule, but ${loss.name} depends on it.`,
    );
  }
  const contributions = definition.gradient({
    inputs: node.inputs.map((id) => graph.tensor(id) as unknown as Tensor),
    outputs: node.outputs.map((id) => graph.tensor(id) as unknown as Tensor),
    outputGradients: node.outputs.map((id) => collected.get(id) ?? null),
    attributes: node.attributes,
    needed,
  });
  node.inputs.forEach((id, index) => {
    const contribution = needed[index] === true ? contributions[index] : null;
    if (!contribution) return;
    const before = collected.get(id);
    collected.set(id, before === undefined ? contribution : before.add(asF32(contribution)));
  });
}
