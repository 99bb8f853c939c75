import type { Graph, GraphNode, ValueId } from "../../graph/graph.ts";
import { graphNode, graphValue } from "../../graph/graph.ts";
import type { Shape } from "../../graph/spec.ts";
import { sameShape } from "../../graph/spec.ts";
import { isFusible } from "../../ops/fused.ts";
import type { NodeGroup } from "../withinPeak.ts";

export interface FusionLimits {
  /** Inputs and outputs of a node together. */
  readonly maxStorageBuffers: number;
}

/** What a group reads and makes, as one node. */
export interface GroupOperands {
  readonly inputs: readonly ValueId[];
  readonly outputs: readonly ValueId[];
}

/**
 * Groups of two or more pointwise nodes of one shape and one phase, as large as can be, where each but the last feeds
 * another of its group. Found in one walk: a node joins the groups of its operands where all that others read of them
 * comes after it.
 */
export class GroupFinder {
  readonly #graph: Graph;
  readonly #limits: FusionLimits;
  readonly #readers: readonly (readonly number[])[];
  /** Values that are read when all nodes are done. */
  readonly #kept: ReadonlySet<ValueId>;
  /** By parameter that is updated: the node that makes its next value. */
  readonly #writers: ReadonlyMap<ValueId, number>;

  constructor(graph: Graph, limits: FusionLimits) {
    this.#graph = graph;
    this.#limits = limits;
    const readers: number[][] = graph.values.map(() => []);
    for (const node of graph.nodes) for (const id of new Set(node.inputs)) readers[id]?.push(node.id);
    this.#readers = readers;
    this.#kept = new Set([
      ...graph.outputs.map(({ value }) => value),
      ...graph.states.map(({ output }) => output),
    ]);
    this.#writers = new Map(
      graph.states.flatMap(({ input, output }): [ValueId, number][] => {
        const { source } = graphValue(graph, output);
        return source.kind === "node" ? [[input, source.node]] : [];
      }),
    );
  }

  find(): readonly NodeGroup[] {
    const groupOf = new Map<number, NodeGroup>();
    for (const node of this.#graph.nodes) {
      if (!isFusible(node.op)) continue;
      let group: NodeGroup = [node.id];
      for (const id of node.inputs) {
        const { source } = graphValue(this.#graph, id);
        const before = source.kind === "node" ? groupOf.get(source.node) : undefined;
        if (before === undefined || before.some((member) => group.includes(member))) continue;
        const joined = [...before, ...group].toSorted((a, b) => a - b);
        if (this.#canBeOne(joined)) group = joined;
      }
      for (const member of group) groupOf.set(member, group);
    }
    return [...new Set(groupOf.values())].filter(({ length }) => length > 1);
  }

  /** What the group as one node reads and makes. Literal numbers are a part of it. */
  operands(group: NodeGroup): GroupOperands {
    const members = new Set(group);
    const nodes = group.map((id) => graphNode(this.#graph, id));
    const made = new Set(nodes.flatMap(({ outputs }) => outputs));
    const inputs = new Set(
      nodes
        .flatMap((node) => node.inputs)
        .filter((id) => !made.has(id) && literalOf(this.#graph, id) === null),
    );
    const isReadOutside = (id: ValueId): boolean =>
      this.#kept.has(id) || (this.#readers[id] ?? []).some((reader) => !members.has(reader));
    return { inputs: [...inputs], outputs: [...made].filter(isReadOutside) };
  }

  #canBeOne(group: NodeGroup): boolean {
    const last = graphNode(this.#graph, group.at(-1) as number);
    const members = new Set(group);
    const nodes = group.map((id) => graphNode(this.#graph, id));
    const isAlike = (node: GraphNode): boolean =>
      node.phase === last.phase && sameShape(this.#shapeOf(node), this.#shapeOf(last));
    const isReadLater = (id: ValueId): boolean =>
      (this.#readers[id] ?? []).every((reader) => members.has(reader) || reader > last.id);
    // A parameter that was written over in between would have to keep its old bytes for the sake of a later reader.
    const isWrittenBetween = (node: GraphNode, id: ValueId): boolean => {
      const writer = this.#writers.get(id);
      return writer !== undefined && writer >= node.id && writer < last.id && !members.has(writer);
    };
    if (!nodes.every((node) => isAlike(node) && node.outputs.every(isReadLater))) return false;
    if (nodes.some((node) => node.inputs.some((id) => isWrittenBetween(node, id)))) return false;
    const { inputs, outputs } = this.operands(group);
    return inputs.length + outputs.length <= this.#limits.maxStorageBuffers;
  }

  #shapeOf({ outputs: [first] }: GraphNode): Shape {
    return graphValue(this.#graph, first as ValueId).shape;
  }
}

/** The number that a value is where it is a constant of one f32 that broadcasts to any shape; else null. */
export function literalOf(graph: Graph, id: ValueId): number | null {
  const { source, shape, dtype } = graphValue(graph, id);
  if (source.kind !== "constant" || dtype !== "f32" || shape.length > 0) return null;
  return source.data[0] as number;
}
