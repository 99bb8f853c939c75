import type { DType, HostArray, Shape, TensorSpec } from "./spec.ts";

/** Index of a value in `Graph.values`. */
export type ValueId = number;

/** The part of a training step that a node belongs to. */
export type Phase = "forward" | "backward" | "optimizer";

/** What the bytes of a tensor that lives across steps are for. */
export type ParameterRole =
  | "baseWeight"
  | "adapterWeight"
  | "head"
  | "gradient"
  | "optimizerState"
  /** Keys and values of tokens that a decoder has read. */
  | "keyValueCache";

/** What the bytes of any tensor are for; the plan and the report sum by it. */
export type MemoryRole = ParameterRole | "savedActivation" | "workspace" | "staging";

/** A tensor that is fed anew at every run: token ids, masks, labels, the learning rate. */
export interface InputSource {
  readonly kind: "input";
}

/**
 * A tensor that lives across runs under its name. A `trainable` one may change between runs, so no executor may bake
 * its values into compiled code; a frozen one never changes.
 */
export interface ParameterSource {
  readonly kind: "parameter";
  readonly role: ParameterRole;
  readonly trainable: boolean;
}

/** A small literal tensor that is part of the graph. */
export interface ConstantSource {
  readonly kind: "constant";
  readonly data: HostArray;
}

/** The `output`-th result of a node. */
export interface NodeSource {
  readonly kind: "node";
  readonly node: number;
  readonly output: number;
}

export type ValueSource = InputSource | ParameterSource | ConstantSource | NodeSource;

export interface GraphValue extends TensorSpec {
  readonly id: ValueId;
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
  readonly source: ValueSource;
  /** Set on the gradient of a trainable parameter. */
  readonly gradientOf: string | null;
}

export interface GraphNode {
  /** Position in `Graph.nodes`, which is also the order of execution. */
  readonly id: number;
  readonly op: string;
  readonly inputs: readonly ValueId[];
  readonly outputs: readonly ValueId[];
  readonly attributes: object;
  readonly phase: Phase;
  /** Module path that built the node, as `bert.encoder.layer.0`. */
  readonly scope: string;
  /** Which layer of the model built the node in forward, counted from 0 as they were begun; null outside of layers. */
  readonly layer: number | null;
}

/** After a run, the parameter `name` (leaf `input`) takes the value `output`. */
export interface StatePair {
  readonly name: string;
  readonly input: ValueId;
  readonly output: ValueId;
}

export interface NamedValue {
  readonly name: string;
  readonly value: ValueId;
}

/** A pure, static program: nodes in execution order over values of fixed shape. */
export interface Graph {
  readonly values: readonly GraphValue[];
  readonly nodes: readonly GraphNode[];
  /** Values that are read back to the host after a run. */
  readonly outputs: readonly NamedValue[];
  readonly states: readonly StatePair[];
}

export function graphValue(graph: Graph, id: ValueId): GraphValue {
  const value = graph.values[id];
  if (value === undefined) throw new RangeError(`The graph has no value ${id}.`);
  return value;
}

export function graphNode(graph: Graph, id: number): GraphNode {
  const node = graph.nodes[id];
  if (node === undefined) throw new RangeError(`The graph has no node ${id}.`);
  return node;
}

/** Ids of all leaves of one kind, in the order of their making. */
export function leavesOf(graph: Graph, kind: "input" | "parameter" | "constant"): readonly GraphValue[] {
  return graph.values.filter((value) => value.source.kind === kind);
}
