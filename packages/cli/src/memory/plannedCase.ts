import type {
  BatchLengths,
  MemorySettings,
  PeakTensors,
  PlanCache,
  PlannedChange,
  ResultMemory,
} from "@peftbench/harness";
import { lowerPeaks, planTraining, tensorsAtPeak } from "@peftbench/harness";
import type { ModelShape, PeftMethod } from "@peftbench/peft";
import { attachMethod, countParameters } from "@peftbench/peft";

/** One method under one save policy, planned. */
export interface PlannedCase {
  readonly method: PeftMethod;
  readonly settings: MemorySettings;
  readonly lengths: BatchLengths;
  readonly memory: ResultMemory;
  /** Kinds of tensors alive at the peak, most bytes first. */
  readonly tensors: readonly PeakTensors[];
  /** The stage of the method's schedule that has the peak; null where it has one alone. */
  readonly stage: string | null;
  /** The first stage's, without the head. */
  readonly trainable: number;
  readonly head: number;
}

/** Methods whose stages depend on the number of steps are planned for a run of this many. */
export const PLANNED_STEPS = 1000;

/** Plans training steps of full batches of the longest texts, or recalls the plan. */
export function planCase(
  shape: ModelShape,
  method: PeftMethod,
  { settings, lengths }: Pick<PlannedCase, "settings" | "lengths">,
  plans: PlanCache,
): PlannedCase {
  const { architecture, config, head } = shape;
  const key = { model: architecture.modelType, config, head, method: method.id, settings, lengths };
  const planned = plans.recall(key, () => {
    const attachment = attachMethod(method, shape, settings.method, { totalSteps: PLANNED_STEPS });
    const training = planTraining(shape, attachment, settings.training, [lengths]);
    const counts = countParameters(shape, attachment, PLANNED_STEPS);
    const { stages } = attachment;
    return {
      memory: training.memory,
      tensors: tensorsAtPeak(training),
      stage: stages.length > 1 ? (stages[training.stageIndex]?.name ?? null) : null,
      trainable: counts.trainableInitial,
      head: counts.head,
    };
  });
  return { method, settings, lengths, ...planned };
}

/** What would lower the peak, each planned, those that cost least first. */
export function lowerPeaksOf(
  shape: ModelShape,
  { method, settings, lengths, memory }: PlannedCase,
  plans: PlanCache,
): readonly PlannedChange[] {
  return lowerPeaks(settings, memory.peakLiveBytes, (changed) => {
    const length = Math.min(lengths.length, changed.training.maxLength);
    return planCase(shape, method, { settings: changed, lengths: { ...lengths, length } }, plans).memory;
  });
}
