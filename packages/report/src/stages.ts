import type { MemoryRole } from "@peftbench/harness";
import { median } from "@peftbench/harness";
import type { MethodSummary } from "./aggregate.ts";

/** One stage of a method on a task, over the seeds that finished. */
export interface StageSummary {
  readonly name: string;
  /** The first optimizer step, counted from 0. */
  readonly fromStep: number;
  readonly steps: number;
  /** Trainable scalars without the head. */
  readonly trainable: number;
  /** Planned peaks, the largest over seeds. */
  readonly peakLiveBytes: number;
  readonly peakReservedBytes: number;
  /** Gradients, optimizer state and saved activations at the live peak: what there is less of where less is trained. */
  readonly trainingBytes: number;
  /** Median over seeds of their medians. */
  readonly stepMs: number | null;
}

/** Roles that freezing frees. */
const trainingRoles: readonly MemoryRole[] = ["gradient", "optimizerState", "savedActivation"];

/** The stages one after another; none for a method that trains the same tensors throughout. */
export function stagesOf({ rows }: MethodSummary): readonly StageSummary[] {
  const runs = rows.flatMap(({ status, result }) => (status === "ok" ? [result.stages] : []));
  const longest = runs.toSorted((a, b) => b.length - a.length)[0] ?? [];
  if (longest.length < 2) return [];
  return longest.map((first, index) => {
    const same = runs.flatMap((stages) => {
      const stage = stages[index];
      return stage?.name === first.name ? [stage] : [];
    });
    const largest = same.reduce((a, b) => (b.peakLiveBytes > a.peakLiveBytes ? b : a), first);
    const times = same.flatMap(({ stepMsMedian }) => stepMsMedian ?? []);
    return {
      name: first.name,
      fromStep: first.fromStep,
      steps: first.steps,
      trainable: first.trainable,
      peakLiveBytes: largest.peakLiveBytes,
      peakReservedBytes: Math.max(...same.map(({ peakReservedBytes }) => peakReservedBytes)),
      trainingBytes: trainingRoles.reduce((sum, role) => sum + largest.byRole[role], 0),
      stepMs: times.length === 0 ? null : median(times),
    };
  });
}
