import type { Graph, GraphNode, ValueId } from "../graph/graph.ts";
import { graphValue } from "../graph/graph.ts";
import { byteSize } from "../graph/spec.ts";
import { inPlaceInput } from "../ops/op.ts";
import { opNamed } from "../ops/registry.ts";
import type { MemoryPlan, PlannedTensor } from "./memoryPlan.ts";

/**
 * Everything wrong with a plan, in words; empty for a valid one. Knows nothing of how plans are made: it runs the graph
 * on memory that records who wrote each range last, so a read of bytes that another tensor has overwritten is found.
 */
export function validatePlan(graph: Graph, plan: MemoryPlan): readonly string[] {
  return [...layoutProblems(plan), ...overlapProblems(plan), ...executionProblems(graph, plan)];
}

/** Alignment, bounds, borders between chunks, and the sharing of bytes. */
function layoutProblems(plan: MemoryPlan): readonly string[] {
  const { offsetAlignment } = plan.profile;
  return plan.tensors.flatMap(({ name, bytes, paddedBytes, place }) => {
    const problems: string[] = [];
    if (
      paddedBytes < bytes ||
      paddedBytes - bytes >= offsetAlignment ||
      paddedBytes % offsetAlignment !== 0
    ) {
      problems.push(`${name}: ${bytes} bytes are padded to ${paddedBytes}.`);
    }
    if (place.kind === "shared" && (bytes !== 0 || plan.tensors[place.with]?.place.kind === "shared")) {
      problems.push(`${name} shares the bytes of ${place.with}, and is counted or chained.`);
    }
    if (place.kind === "arena") {
      const end = place.offset + paddedBytes;
      if (place.offset % offsetAlignment !== 0) problems.push(`${name} is misaligned at ${place.offset}.`);
      if (place.offset < 0 || end > plan.arenaBytes) problems.push(`${name} lies outside the arena.`);
      const chunkOf = (offset: number): number => Math.floor(offset / plan.arenaChunkBytes);
      if (
        paddedBytes > 0 &&
        chunkOf(place.offset) !== chunkOf(end - 1) &&
        paddedBytes <= plan.arenaChunkBytes
      ) {
        problems.push(`${name} lies across two buffers of the arena.`);
      }
    }
    return problems;
  });
}

/** Two tensors alive at one time in overlapping ranges of the arena. */
function overlapProblems(plan: MemoryPlan): readonly string[] {
  const placed = plan.tensors.filter(({ place, bytes }) => place.kind === "arena" && bytes > 0);
  return placed.flatMap((a, index) =>
    placed
      .slice(index + 1)
      .filter((b) => alive(a, b) && rangesOverlap(rangeOf(a), rangeOf(b)))
      .map((b) => `${a.name} and ${b.name} are alive together and overlap.`),
  );
}

/** Reads of bytes that are not those of the value any more. */
function executionProblems(graph: Graph, plan: MemoryPlan): readonly string[] {
  const problems: string[] = [];
  const memory = new RecordedMemory(plan);
  /** The value whose writing made the bytes of each value: itself, or what a view shows. */
  const contentOf = graph.values.map((value) => value.id);
  const expect = (id: ValueId, reader: string): void => {
    const content = contentOf[id] as ValueId;
    if (!memory.holds(id, content))
      problems.push(`${reader} reads ${graphValue(graph, id).name}, overwritten.`);
  };

  for (const value of graph.values) if (value.source.kind !== "node") memory.write(value.id);
  for (const node of graph.nodes) {
    const definition = opNamed(node.op);
    for (const id of node.inputs) expect(id, `Node ${node.id} (${node.op})`);
    for (const [index, id] of node.outputs.entries()) {
      if (definition.view === true) {
        contentOf[id] = contentOf[node.inputs[0] as ValueId] as ValueId;
        if (!memory.holds(id, contentOf[id] as ValueId)) {
          problems.push(`${graphValue(graph, id).name} is a view and not where its input is.`);
        }
        continue;
      }
      const replaced = memory.write(id);
      problems.push(...clashes(graph, node, index, replaced, contentOf));
    }
    for (const id of node.outputs) expect(id, `The caller of node ${node.id} (${node.op})`);
    const live = plan.liveBytesOverTime[node.id] ?? 0;
    const touched = new Set([...node.inputs, ...node.outputs].map((id) => contentOf[id] as ValueId));
    const needed = [...touched].reduce((sum, id) => sum + (plan.tensors[id]?.bytes ?? 0), 0);
    if (needed > live)
      problems.push(`Node ${node.id} touches ${needed} bytes, ${live} are counted as alive.`);
  }
  for (const { name, value } of graph.outputs) expect(value, `The output ${name}`);
  for (const { name, output } of graph.states) expect(output, `The next value of ${name}`);
  return problems;
}

/** Inputs of a node that its own output overwrites, other than the one that the op may update in place. */
function clashes(
  graph: Graph,
  node: GraphNode,
  outputIndex: number,
  replaced: readonly ValueId[],
  contentOf: readonly ValueId[],
): readonly string[] {
  const allowed = inPlaceInput(opNamed(node.op), node.attributes, outputIndex);
  return node.inputs
    .filter((id, index) => index !== allowed && replaced.includes(contentOf[id] as ValueId))
    .map((id) => `Node ${node.id} (${node.op}) overwrites ${graphValue(graph, id).name} while it reads it.`);
}

/** Who wrote which range last. The arena and each persistent buffer are spaces of their own. */
class RecordedMemory {
  readonly #plan: MemoryPlan;
  readonly #written = new Map<
    string,
    { readonly id: ValueId; readonly start: number; readonly end: number }[]
  >();

  constructor(plan: MemoryPlan) {
    this.#plan = plan;
  }

  /** Records that the bytes of `id` are written, and tells whose bytes that destroys. */
  write(id: ValueId): readonly ValueId[] {
    const { space, start, end } = this.#locate(id);
    const before = this.#written.get(space) ?? [];
    const isHit = (other: { start: number; end: number }): boolean => other.start < end && start < other.end;
    this.#written.set(space, [...before.filter((other) => !isHit(other)), { id, start, end }]);
    return before.filter(isHit).map((other) => other.id);
  }

  /** Whether the place of `id` holds, undamaged, what was written as `content`. */
  holds(id: ValueId, content: ValueId): boolean {
    const { space, start, end } = this.#locate(id);
    if (start === end) return true;
    return (this.#written.get(space) ?? []).some(
      (range) => range.id === content && range.start === start && range.end === end,
    );
  }

  #locate(id: ValueId): { readonly space: string; readonly start: number; readonly end: number } {
    const own = this.#plan.tensors[id] as PlannedTensor;
    const tensor = own.place.kind === "shared" ? (this.#plan.tensors[own.place.with] as PlannedTensor) : own;
    const start = tensor.place.kind === "arena" ? tensor.place.offset : 0;
    const space = tensor.place.kind === "arena" ? "arena" : `buffer ${tensor.id}`;
    return { space, start, end: start + byteSize(own) };
  }
}

function alive(a: PlannedTensor, b: PlannedTensor): boolean {
  return a.lifetime.first <= b.lifetime.last && b.lifetime.first <= a.lifetime.last;
}

interface Range {
  readonly start: number;
  readonly end: number;
}

function rangeOf({ place, paddedBytes }: PlannedTensor): Range {
  const start = place.kind === "arena" ? place.offset : 0;
  return { start, end: start + paddedBytes };
}

function rangesOverlap(a: Range, b: Range): boolean {
  return a.start < b.end && b.start < a.end;
}
