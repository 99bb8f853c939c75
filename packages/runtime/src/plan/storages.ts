import type { Graph, GraphNode, MemoryRole, ValueId } from "../graph/graph.ts";
import { graphNode, graphValue } from "../graph/graph.ts";
import { byteSize } from "../graph/spec.ts";
import { inPlaceInput } from "../ops/op.ts";
import { opNamed } from "../ops/registry.ts";
import type { Lifetime } from "./arena.ts";
import { viewRoots } from "./views.ts";

/** Bytes that one value owns and that its views, or the parameter's next value, share. */
export interface Storage {
  readonly owner: ValueId;
  readonly role: MemoryRole;
  readonly bytes: number;
  /** Over all values that share the bytes. */
  readonly lifetime: Lifetime;
  /** Lives across runs in a buffer of its own: parameters and constants. */
  readonly persistent: boolean;
}

export interface StorageMap {
  readonly storages: readonly Storage[];
  /** The value that owns the bytes of each value. */
  readonly ownerOf: readonly ValueId[];
}

/**
 * Which value owns which bytes, for how long and what for.
 *
 * - Parameters live for the whole program. So do constants, which are uploaded once (role `workspace`).
 * - Inputs are written before the first node and live until their last reader; values read back live to the end.
 *   Both are `staging`.
 * - A view shares the bytes of what it shows.
 * - The next value of a parameter is written straight into the parameter's buffer where nobody reads the old value any
 *   more: all its readers run before, or the writing op itself allows it (`inPlace`). Otherwise it has bytes of its
 *   own to the end of the program, is copied then, and has the parameter's role.
 * - A gradient is what `gradientOf` says; a value made in forward and read after it is a saved activation; the rest is
 *   workspace.
 */
export function findStorages(graph: Graph): StorageMap {
  const roots = viewRoots(graph);
  const readers = readersByRoot(graph, roots);
  const ownerOf = shareNextValues(graph, roots, readers);
  const end = Math.max(0, graph.nodes.length - 1);

  const members = new Map<ValueId, ValueId[]>();
  for (const value of graph.values) {
    const owner = ownerOf[value.id] as ValueId;
    members.set(owner, [...(members.get(owner) ?? []), value.id]);
  }
  const readBack = new Set(graph.outputs.map(({ value }) => ownerOf[value] as ValueId));
  const toTheEnd = new Set([...readBack, ...graph.states.map(({ output }) => ownerOf[output] as ValueId)]);

  const storages = [...members].map(([owner, shared]): Storage => {
    const value = graphValue(graph, owner);
    const { source } = value;
    const persistent = source.kind === "parameter" || source.kind === "constant";
    const first = source.kind === "node" ? source.node : 0;
    const reads = readers.get(owner) ?? [];
    const last = persistent || toTheEnd.has(owner) ? end : Math.max(first, ...reads.map((node) => node.id));
    return {
      owner,
      role: roleOf(graph, owner, shared, reads, readBack.has(owner)),
      bytes: byteSize(value),
      lifetime: { first: persistent ? 0 : first, last },
      persistent,
    };
  });
  return { storages, ownerOf };
}

/** Role of the bytes that `owner` owns, made out of all values that share them. */
function roleOf(
  graph: Graph,
  owner: ValueId,
  shared: readonly ValueId[],
  reads: readonly GraphNode[],
  isReadBack: boolean,
): MemoryRole {
  const { source } = graphValue(graph, owner);
  switch (source.kind) {
    case "parameter":
      return source.role;
    case "constant":
      return "workspace";
    case "input":
      return "staging";
    case "node": {
      if (shared.some((id) => graphValue(graph, id).gradientOf !== null)) return "gradient";
      const next = graph.states.find(({ output }) => shared.includes(output));
      const parameter = next === undefined ? null : graphValue(graph, next.input).source;
      if (parameter?.kind === "parameter") return parameter.role;
      if (isReadBack) return "staging";
      const madeInForward = graphNode(graph, source.node).phase === "forward";
      return madeInForward && reads.some((node) => node.phase !== "forward")
        ? "savedActivation"
        : "workspace";
    }
  }
}

/** The nodes that read the bytes of a root or of a view of it, in order. */
function readersByRoot(graph: Graph, roots: readonly ValueId[]): ReadonlyMap<ValueId, readonly GraphNode[]> {
  const readers = new Map<ValueId, GraphNode[]>();
  for (const node of graph.nodes) {
    for (const root of new Set(node.inputs.map((id) => roots[id] as ValueId))) {
      const known = readers.get(root);
      if (known === undefined) readers.set(root, [node]);
      else known.push(node);
    }
  }
  return readers;
}

/** Owners of all values, after the next values of parameters that can have taken over the parameter's bytes. */
function shareNextValues(
  graph: Graph,
  roots: readonly ValueId[],
  readers: ReadonlyMap<ValueId, readonly GraphNode[]>,
): readonly ValueId[] {
  const readAtTheEnd = new Set([
    ...graph.outputs.map(({ value }) => roots[value] as ValueId),
    ...graph.states.map(({ output }) => roots[output] as ValueId),
  ]);
  const takenOver = new Map<ValueId, ValueId>();
  for (const { input, output } of graph.states) {
    const next = roots[output] as ValueId;
    const { source } = graphValue(graph, next);
    if (source.kind !== "node" || takenOver.has(next) || readAtTheEnd.has(input)) continue;
    const writer = graphNode(graph, source.node);
    const replaced = inPlaceInput(opNamed(writer.op), writer.attributes, source.output);
    const mayWriteOver = (reader: GraphNode): boolean =>
      reader.id < writer.id ||
      (reader.id === writer.id &&
        writer.inputs.every((id, index) => roots[id] !== input || index === replaced));
    if ((readers.get(input) ?? []).every(mayWriteOver)) takenOver.set(next, input);
  }
  return roots.map((root) => takenOver.get(root) ?? root);
}
