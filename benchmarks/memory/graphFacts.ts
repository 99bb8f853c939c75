import type { Graph, GraphNode, GraphValue, MemoryPlan, ValueId } from "@peftbench/runtime";
import { deviceProfiles, graphNode, graphValue, planMemory } from "@peftbench/runtime";

/** A node that reads a tensor in backward, and what is computed a second time on the way to it. */
export interface FinalReader {
  readonly node: GraphNode;
  /** The value that the node reads: the tensor, or what is made again of it. */
  readonly reads: ValueId;
}

/** A training graph with its plan, and what follows from both about who keeps what. */
export interface GraphFacts {
  readonly graph: Graph;
  readonly plan: MemoryPlan;
  /** Values that own bytes, are made in forward and read after it. */
  readonly kept: readonly GraphValue[];
  /** Whether a node computes in backward what forward has computed before. */
  readonly isCopy: (node: GraphNode) => boolean;
  /** The forward value whose numbers a value has: through views, and from a copy to what it is a copy of. */
  readonly originalOf: (id: ValueId) => ValueId;
  /** Nodes of the backward pass that read a value, or what is made again of it, for something else than making it again. */
  readonly finalReaders: (owner: ValueId) => readonly FinalReader[];
  /** The kept values that a value is made of in backward: itself where it is kept. */
  readonly sourcesOf: (id: ValueId) => ReadonlySet<ValueId>;
  /** Trained parameters whose gradients a node of the backward pass leads to. */
  readonly reach: (node: GraphNode) => ReadonlySet<string>;
  /** Whether a value depends on what is fed to the graph: else it is made of parameters and constants alone. */
  readonly dependsOnBatch: (id: ValueId) => boolean;
}

/** How `applySavePolicy` names what is computed a second time. */
const COPY = / \(recomputed\)$/;

export function graphFacts(graph: Graph): GraphFacts {
  const plan = planMemory(graph, deviceProfiles.generic);
  const ownerOf = (id: ValueId): ValueId => {
    const place = plan.tensors[id]?.place;
    return place?.kind === "shared" ? place.with : id;
  };
  const readers = new Map<ValueId, GraphNode[]>();
  for (const node of graph.nodes) {
    for (const owner of new Set(node.inputs.map(ownerOf))) {
      const known = readers.get(owner);
      if (known === undefined) readers.set(owner, [node]);
      else known.push(node);
    }
  }
  const makerOf = (id: ValueId): GraphNode | null => {
    const { source } = graphValue(graph, id);
    return source.kind === "node" ? graphNode(graph, source.node) : null;
  };
  const isCopy = (node: GraphNode): boolean =>
    node.phase !== "forward" && node.outputs.every((id) => COPY.test(graphValue(graph, id).name));
  const byName = new Map(graph.values.map(({ name, id }) => [name, id]));
  const kept = graph.values.filter(({ id }) => {
    const { role, place } = plan.tensors[id] ?? {};
    return role === "savedActivation" && place?.kind !== "shared";
  });
  const keptIds = new Set(kept.map(({ id }) => id));

  const finalReaders = (owner: ValueId): readonly FinalReader[] => {
    const found = new Map<string, FinalReader>();
    const seen = new Set<ValueId>();
    const visit = (value: ValueId): void => {
      if (seen.has(value)) return;
      seen.add(value);
      for (const node of readers.get(value) ?? []) {
        if (node.phase === "forward") continue;
        if (isCopy(node)) for (const output of node.outputs) visit(ownerOf(output));
        // A view shows the same bytes: its readers are found under the same owner.
        else if (node.outputs.every((id) => ownerOf(id) !== value))
          found.set(`${node.id} ${value}`, { node, reads: value });
      }
    };
    visit(owner);
    return [...found.values()];
  };

  const sourcesOf = (id: ValueId): ReadonlySet<ValueId> => {
    const sources = new Set<ValueId>();
    const visit = (value: ValueId): void => {
      const owner = ownerOf(value);
      if (keptIds.has(owner)) sources.add(owner);
      else {
        const maker = makerOf(owner);
        if (maker !== null && isCopy(maker)) maker.inputs.forEach(visit);
      }
    };
    visit(id);
    return sources;
  };

  const reached = new Map<number, ReadonlySet<string>>();
  for (const node of graph.nodes.toReversed()) {
    if (node.phase !== "backward") continue;
    const names = node.outputs.flatMap((output): readonly string[] => {
      const { gradientOf } = graphValue(graph, output);
      if (gradientOf !== null) return [gradientOf];
      const direct = graph.nodes.filter(({ inputs }) => inputs.includes(output));
      return direct.flatMap(({ id }) => [...(reached.get(id) ?? [])]);
    });
    reached.set(node.id, new Set(names));
  }

  const fed = new Set<ValueId>();
  for (const { id, source } of graph.values) if (source.kind === "input") fed.add(id);
  for (const node of graph.nodes) {
    if (node.inputs.some((id) => fed.has(id))) for (const output of node.outputs) fed.add(output);
  }

  return {
    graph,
    plan,
    kept,
    isCopy,
    originalOf: (id) => {
      const owner = ownerOf(id);
      const original = byName.get(graphValue(graph, owner).name.replace(COPY, "")) as ValueId;
      return ownerOf(original);
    },
    finalReaders,
    sourcesOf,
    reach: ({ id }) => reached.get(id) ?? new Set(),
    dependsOnBatch: (id) => fed.has(id),
  };
}
