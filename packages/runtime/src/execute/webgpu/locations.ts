import type { Graph, ValueId } from "../../graph/graph.ts";
import { graphValue } from "../../graph/graph.ts";
import { byteSize } from "../../graph/spec.ts";
import type { MemoryPlan, PlannedTensor } from "../../plan/memoryPlan.ts";

/** Bytes that a kernel binds or a copy moves. Two locations are the same bytes exactly if their keys are equal. */
export type Location =
  /** At an offset of the arena; `owner` is the value whose bytes they are. */
  | { readonly kind: "arena"; readonly owner: ValueId; readonly offset: number; readonly bytes: number }
  | { readonly kind: "parameter"; readonly name: string; readonly bytes: number }
  | { readonly kind: "constant"; readonly id: ValueId; readonly bytes: number }
  /** Working memory of one op, never read by another. */
  | { readonly kind: "scratch"; readonly bytes: number };

export function locationKey(location: Location): string {
  switch (location.kind) {
    case "arena":
      return `arena ${location.offset}`;
    case "parameter":
      return `parameter ${location.name}`;
    case "constant":
      return `constant ${location.id}`;
    case "scratch":
      return "scratch";
  }
}

/** Where the plan puts a value: views and in-place results are where their owner is. */
export function locate(graph: Graph, plan: MemoryPlan, id: ValueId): Location {
  const planned = plan.tensors[id] as PlannedTensor;
  const owner = planned.place.kind === "shared" ? planned.place.with : id;
  const value = graphValue(graph, owner);
  const { place } = plan.tensors[owner] as PlannedTensor;
  const bytes = byteSize(value);
  if (place.kind === "arena") return { kind: "arena", owner, offset: place.offset, bytes };
  return value.source.kind === "parameter"
    ? { kind: "parameter", name: value.name, bytes }
    : { kind: "constant", id: owner, bytes };
}
