import type { MemoryRole, TensorSpec } from "@peftbench/runtime";
import { largestLiveAtPeak } from "@peftbench/runtime";
import type { PlannedTraining } from "./memory.ts";

/** Tensors alike in name, shape, type and role, but for the layer that they belong to. */
export interface PeakTensors extends TensorSpec {
  /** `encoder.layer.*.gelu` where there are several layers' */
  readonly name: string;
  readonly role: MemoryRole;
  readonly count: number;
  /** Of all of them. */
  readonly bytes: number;
}

/**
 * What is alive at the planned peak, the largest first. The bytes of all sum to those alive in the program that has
 * the peak.
 */
export function tensorsAtPeak({ plan }: Pick<PlannedTraining, "plan">): readonly PeakTensors[] {
  const program = plan.programs[plan.peakProgram];
  if (program === undefined) return [];
  const kinds = new Map<string, PeakTensors>();
  for (const { name, shape, dtype, role, bytes } of largestLiveAtPeak(program, program.tensors.length)) {
    const kind = kindOf(name);
    const key = JSON.stringify([kind, shape, dtype, role]);
    const before = kinds.get(key);
    kinds.set(key, {
      ...{ name: before === undefined ? withoutId(name) : kind, shape, dtype, role },
      count: (before?.count ?? 0) + 1,
      bytes: (before?.bytes ?? 0) + bytes,
    });
  }
  return [...kinds.values()].sort((a, b) => b.bytes - a.bytes || (a.name < b.name ? -1 : 1));
}

/** A graph's values have names of their own by a number: `gelu#84`, `gelu#84 (recomputed)`. */
function withoutId(name: string): string {
  return name.replace(/#\d+(?= |$)/, "").replace(/^\./, "");
}

function kindOf(name: string): string {
  return withoutId(name).replace(/\.(layers?|h|block)\.\d+(?=\.|::|$)/g, ".$1.*");
}
