import type { Graph, GraphNode, ValueId } from "../../graph/graph.ts";
import { graphNode, graphValue } from "../../graph/graph.ts";
import { sameShape } from "../../graph/spec.ts";
import type { FusedAttributes, FusedStep } from "../../ops/fused.ts";
import type { StepOperand } from "../../ops/wgsl/pointwise.ts";
import type { NodeGroup } from "../withinPeak.ts";
import type { GroupOperands } from "./groups.ts";
import { literalOf } from "./groups.ts";

/** What becomes of a group: each member as a step, in their order. */
export function fusedNode(
  graph: Graph,
  group: NodeGroup,
  { inputs, outputs }: GroupOperands,
  roots: readonly ValueId[],
): GraphNode {
  const members = group.map((id) => graphNode(graph, id));
  const last = members.at(-1) as GraphNode;
  const stepOf = new Map(members.map((node, index) => [node.outputs[0], index]));
  const operand = (id: ValueId): StepOperand => {
    const step = stepOf.get(id);
    if (step !== undefined) return { kind: "step", index: step };
    const literal = literalOf(graph, id);
    if (literal !== null) return { kind: "scalar", value: literal };
    return { kind: "input", index: inputs.indexOf(id) };
  };
  const steps = members.map(
    (node): FusedStep => ({
      op: node.op,
      operands: node.inputs.map(operand),
      attributes: node.attributes,
    }),
  );
  const attributes: FusedAttributes = {
    steps,
    results: outputs.map((id) => stepOf.get(id) as number),
    inPlace: outputs.map((id) => replacedInput(graph, id, inputs, roots)),
  };
  return { ...last, op: "fused", inputs, outputs, attributes };
}

/** The input that shows the parameter whose next value `output` is, where it is read element by element. */
function replacedInput(
  graph: Graph,
  output: ValueId,
  inputs: readonly ValueId[],
  roots: readonly ValueId[],
): number | null {
  const state = graph.states.find((pair) => roots[pair.output] === output);
  if (state === undefined) return null;
  const { shape } = graphValue(graph, output);
  const index = inputs.findIndex(
    (id) => roots[id] === state.input && sameShape(graphValue(graph, id).shape, shape),
  );
  return index < 0 ? null : index;
}
