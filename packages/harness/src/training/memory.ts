import type { MethodAttachment, ModelShape } from "@peftbench/peft";
import type { DeviceProfile, ProgramsPlan } from "@peftbench/runtime";
import { deviceProfiles, planPrograms } from "@peftbench/runtime";
import type { TrainingConfig } from "../config.ts";
import type { ResultMemory } from "../result/schema.ts";
import { trainingGraph } from "./trainer.ts";

/** The memory of training one cell, planned without running it: of the stage that needs most. */
export interface PlannedTraining {
  readonly plan: ProgramsPlan;
  readonly memory: ResultMemory;
}

/**
 * Plans training over all buckets of every stage. What is reported is the stage with the highest live peak.
 * `profile` decides the padding of what is reserved, not the live bytes.
 */
export function planTraining(
  model: ModelShape,
  attachment: MethodAttachment,
  training: TrainingConfig,
  buckets: readonly number[],
  profile: DeviceProfile = deviceProfiles.generic,
): PlannedTraining {
  const plans = attachment.stages.map((stage) => {
    const graphs = buckets.map((length) => trainingGraph(model, stage, training, length));
    return planPrograms(graphs, profile);
  });
  const plan = plans.reduce((highest, other) =>
    other.peakLiveBytes > highest.peakLiveBytes ? other : highest,
  );
  return { plan, memory: describe(plan, training, buckets) };
}

function describe(plan: ProgramsPlan, training: TrainingConfig, buckets: readonly number[]): ResultMemory {
  const { peakAt, peakProgram } = plan;
  return {
    peakLiveBytes: plan.peakLiveBytes,
    peakReservedBytes: plan.peakReservedBytes,
    byRole: plan.byRoleAtPeak,
    peakAt:
      peakAt === null
        ? null
        : {
            node: `${peakAt.scope === "" ? "" : `${peakAt.scope}.`}${peakAt.op}`,
            phase: peakAt.phase,
            batchRows: training.batchSize / training.accumulationSteps,
            length: buckets[peakProgram] ?? 0,
          },
    peakLiveBytesByPhase: null,
    source: "planned",
    savePolicy: training.savePolicy,
    device: plan.profile.name,
  };
}
