import { GraphError } from "../../errors.ts";
import type { Graph, GraphNode, ValueId } from "../../graph/graph.ts";
import { graphValue } from "../../graph/graph.ts";
import type { KernelBinding, KernelContext, KernelDevice, KernelDispatch } from "../../ops/kernel.ts";
import { inPlaceInput } from "../../ops/op.ts";
import { opNamed } from "../../ops/registry.ts";
import type { MemoryPlan } from "../../plan/memoryPlan.ts";
import { BindingLimitError } from "./errors.ts";
import type { Location } from "./locations.ts";
import { locate, locationKey } from "./locations.ts";
import type { BoundLocation, ComposedShader } from "./shader.ts";
import { composeShader, uniformBytes } from "./shader.ts";

/** A dispatch with its whole shader and the bytes that it binds. */
export interface LoweredDispatch {
  readonly node: number;
  /** Op, variant and the module that the node is of, for errors. */
  readonly label: string;
  readonly wgsl: string;
  readonly bindings: readonly BoundLocation[];
  readonly uniforms: Uint32Array | null;
  readonly workgroups: readonly [number, number, number];
}

export interface LoweredGraph {
  readonly dispatches: readonly LoweredDispatch[];
  /** The largest scratch memory of any dispatch. */
  readonly scratchBytes: number;
}

/**
 * All dispatches of a graph in order. Needs no device: only what kernels may know of one.
 * @throws GraphError if an op has no WebGPU kernel
 * @throws BindingLimitError if a tensor is larger than one binding may be
 */
export function lowerGraph(graph: Graph, plan: MemoryPlan, device: KernelDevice): LoweredGraph {
  const dispatches = graph.nodes.flatMap((node) => lowerNode(graph, plan, node, device));
  const scratchBytes = dispatches
    .flatMap(({ bindings }) => bindings)
    .reduce((most, { location }) => Math.max(most, location.kind === "scratch" ? location.bytes : 0), 0);
  return { dispatches, scratchBytes };
}

function lowerNode(
  graph: Graph,
  plan: MemoryPlan,
  node: GraphNode,
  device: KernelDevice,
): readonly LoweredDispatch[] {
  const definition = opNamed(node.op);
  if (definition.view === true) return [];
  if (definition.webgpu === undefined) {
    throw new GraphError(`The WebGPU executor has no kernel for ${node.op} (${node.scope || "top level"}).`);
  }
  const liesOverInput = (id: ValueId, output: number): boolean => {
    const replaced = node.inputs[inPlaceInput(definition, node.attributes, output) ?? -1];
    if (replaced === undefined) return false;
    return locationKey(locate(graph, plan, id)) === locationKey(locate(graph, plan, replaced));
  };
  const context: KernelContext<object> = {
    inputs: node.inputs.map((id) => graphValue(graph, id)),
    outputs: node.outputs.map((id) => graphValue(graph, id)),
    attributes: node.attributes,
    device,
    vectorize: true,
    isInPlace: node.outputs.every(liesOverInput),
  };
  const place = (binding: KernelBinding): Location => {
    const { operand } = binding;
    if (operand.kind === "scratch") return { kind: "scratch", bytes: operand.bytes };
    const id = (operand.kind === "input" ? node.inputs : node.outputs)[operand.index];
    if (id === undefined) throw new GraphError(`${node.op} has no ${operand.kind} ${operand.index}.`);
    const location = locate(graph, plan, id);
    if (location.bytes > plan.profile.maxBindingBytes) {
      throw new BindingLimitError(graphValue(graph, id).name, location.bytes, plan.profile);
    }
    return location;
  };
  const isHalf = ({ operand }: KernelBinding): boolean =>
    operand.kind === "input" && context.inputs[operand.index]?.dtype === "f16";
  const compose = (kernels: readonly KernelDispatch[]): readonly (ComposedShader | null)[] =>
    kernels.map((kernel) => composeShader(kernel, place, isHalf));

  let kernels = definition.webgpu(context);
  let shaders = compose(kernels);
  if (shaders.includes(null)) {
    kernels = definition.webgpu({ ...context, vectorize: false });
    shaders = compose(kernels);
  }
  return kernels.map((kernel, index): LoweredDispatch => {
    const shader = shaders[index];
    if (shader === null || shader === undefined) {
      throw new GraphError(`${kernel.name} sees the same bytes as different types, even element by element.`);
    }
    return {
      node: node.id,
      label: node.scope === "" ? kernel.name : `${kernel.name} in ${node.scope}`,
      wgsl: shader.wgsl,
      bindings: shader.bindings,
      uniforms: uniformBytes(kernel.uniforms),
      workgroups: kernel.workgroups,
    };
  });
}
