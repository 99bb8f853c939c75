import type { MemorySettings, PlannedChange, PlannedTraining } from "@peftbench/harness";
import { lowerPeaks, planTraining } from "@peftbench/harness";
import { AttentionError } from "@peftbench/models";
import type { ModelShape, PeftMethod } from "@peftbench/peft";
import { attachMethod, countParameters } from "@peftbench/peft";

/** One method under one save policy, planned. */
export interface PlannedCase {
  readonly method: PeftMethod;
  readonly settings: MemorySettings;
  readonly planned: PlannedTraining;
  /** The stage of the method's schedule that has the peak; null where it has one alone. */
  readonly stage: string | null;
  readonly trainable: number;
  readonly head: number;
}

/** Methods whose stages depend on the number of steps are planned for a run of this many. */
const PLANNED_STEPS = 1000;

/** Plans a training step of full batches of the longest texts. */
export function planCase(shape: ModelShape, method: PeftMethod, settings: MemorySettings): PlannedCase {
  const { training } = settings;
  const attachment = attachMethod(method, shape, settings.method, { totalSteps: PLANNED_STEPS });
  const planned = planTraining(shape, attachment, training, [training.maxLength]);
  const { trainableInitial, head } = countParameters(shape, attachment, PLANNED_STEPS);
  const stage = attachment.stages.length > 1 ? (attachment.stages[planned.stageIndex]?.name ?? null) : null;
  return { method, settings, planned, stage, trainable: trainableInitial, head };
}

/** What would lower the peak, each planned, those that cost least first. */
export function lowerPeaksOf(
  shape: ModelShape,
  { method, settings, planned }: PlannedCase,
): readonly PlannedChange[] {
  return lowerPeaks(settings, planned.memory.peakLiveBytes, (changed) => {
    try {
      const { peakLiveBytes, peakReservedBytes } = planCase(shape, method, changed).planned.plan;
      return { peakLiveBytes, peakReservedBytes };
    } catch (error) {
      if (error instanceof AttentionError) return null;
      throw error;
    }
  });
}
