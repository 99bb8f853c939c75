import { AttentionError } from "@peftbench/models";
import { MethodError } from "@peftbench/peft";
import { RuntimeError } from "@peftbench/runtime";
import type { TrainingConfig } from "../config.ts";

/** What memory depends on beside the model: how it is trained, and the method's own options. */
export interface MemorySettings {
  readonly training: TrainingConfig;
  readonly method: Readonly<Record<string, unknown>>;
}

/** Settings that may need less, and what they cost instead. */
interface MemoryChange {
  /** `save policy layer` */
  readonly change: string;
  readonly cost: string;
  readonly settings: MemorySettings;
}

interface Peaks {
  readonly peakLiveBytes: number;
  readonly peakReservedBytes: number;
}

/** A change with the peaks that were planned with it. */
export interface PlannedChange extends MemoryChange, Peaks {}

/**
 * Single changes of settings that may lower the peak, those that cost least first: such as leave the result as it is,
 * but for rounding; then such as round more; then such as train another model or on less text.
 */
function memoryChanges(settings: MemorySettings): readonly MemoryChange[] {
  const { training, method } = settings;
  const train = (change: Partial<TrainingConfig>): MemorySettings => ({
    ...settings,
    training: { ...training, ...change },
  });
  const changes: MemoryChange[] = [];
  const add = (change: string, cost: string, changed: MemorySettings): void => {
    changes.push({ change, cost, settings: changed });
  };
  const accumulationSteps = training.accumulationSteps * 2;
  if (training.batchSize % accumulationSteps === 0) {
    const rows = training.batchSize / accumulationSteps;
    const cost = "the same gradient; smaller and more passes";
    add(
      `accumulation over ${accumulationSteps} micro-batches of ${rows}`,
      cost,
      train({ accumulationSteps }),
    );
  }
  if (training.attention === "materialized") {
    add("attention fused", "scores are computed again in backward", train({ attention: "fused" }));
  }
  if (training.savePolicy === "eager") {
    add("save policy recompute", "cheap ops are computed again", train({ savePolicy: "recompute" }));
  }
  if (training.savePolicy !== "layer") {
    const cost = "each layer's forward pass is computed again";
    add("save policy layer", cost, train({ savePolicy: "layer" }));
  }
  if (training.frozenWeights === "f32") {
    add("frozen weights in f16", "frozen weights are rounded; WebGPU alone", train({ frozenWeights: "f16" }));
  }
  const halved = withHalfTheRank(method);
  if (halved !== null) {
    add(`half the rank (${halved.text})`, "another, smaller adapter", { ...settings, method: halved.method });
  }
  const maxLength = Math.floor(training.maxLength / 2);
  if (maxLength >= 3) add(`length ${maxLength}`, "longer texts are cut", train({ maxLength }));
  return changes;
}

/**
 * The changes that lower the live peak, each planned.
 * @param planPeaks with other settings
 */
export function lowerPeaks(
  settings: MemorySettings,
  peakLiveBytes: number,
  planPeaks: (settings: MemorySettings) => Peaks,
): readonly PlannedChange[] {
  return memoryChanges(settings).flatMap((change) => {
    const peaks = peaksWith(change.settings, planPeaks);
    if (peaks === null || peaks.peakLiveBytes >= peakLiveBytes) return [];
    const { peakLiveBytes: lower, peakReservedBytes } = peaks;
    return [{ ...change, peakLiveBytes: lower, peakReservedBytes }];
  });
}

/** Null where model, method or device have no such thing: another attention, a rank below a method's least, f16. */
function peaksWith(settings: MemorySettings, planPeaks: (settings: MemorySettings) => Peaks): Peaks | null {
  try {
    return planPeaks(settings);
  } catch (error) {
    const isImpossible =
      error instanceof AttentionError || error instanceof MethodError || error instanceof RuntimeError;
    if (isImpossible) return null;
    throw error;
  }
}

/** All options that are ranks, halved; null where there are none, or one cannot be. */
function withHalfTheRank(
  method: MemorySettings["method"],
): { readonly method: MemorySettings["method"]; readonly text: string } | null {
  const ranks = Object.entries(method).filter(([name]) => /(^r|R)ank$/.test(name));
  const halves = ranks.map(
    ([name, rank]) => [name, typeof rank === "number" ? rank / 2 : Number.NaN] as const,
  );
  if (halves.length === 0 || !halves.every(([, half]) => Number.isInteger(half) && half >= 1)) return null;
  return {
    method: { ...method, ...Object.fromEntries(halves) },
    text: halves.map(([name, half]) => `${name} ${half}`).join(", "),
  };
}
