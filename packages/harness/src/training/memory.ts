import type { MethodAttachment, MethodStage, ModelShape } from "@peftbench/peft";
import type { DeviceProfile, Graph, ProgramsPlan } from "@peftbench/runtime";
import { deviceProfiles, planPrograms, prepareForDevice } from "@peftbench/runtime";
import type { TrainingConfig } from "../config.ts";
import type { ResultMemory, ResultStage } from "../result/schema.ts";
import type { BatchLengths } from "./graphs.ts";
import { trainingGraph, updateGraph } from "./graphs.ts";

/** The memory of training one cell, planned without running it: of the stage that needs most. */
export interface PlannedTraining {
  /** Of the attachment's stages, the one that the plan is of. */
  readonly stageIndex: number;
  readonly plan: ProgramsPlan;
  readonly memory: ResultMemory;
  /** Of every stage, in their order. */
  readonly stages: readonly StageMemory[];
}

/** Planned peaks of one stage. */
export type StageMemory = Pick<ResultStage, "peakLiveBytes" | "peakReservedBytes" | "byRole">;

/**
 * Plans training over all buckets, lengths of batches, of every stage. What is reported is the stage with the highest live peak.
 * `profile` decides the padding of what is reserved, not the live bytes.
 */
export function planTraining(
  model: ModelShape,
  attachment: MethodAttachment,
  training: TrainingConfig,
  buckets: readonly (number | BatchLengths)[],
  profile: DeviceProfile = deviceProfiles.generic,
): PlannedTraining {
  const plans = attachment.stages.map((stage) => {
    const graphs = stageGraphs(model, stage, training, buckets);
    return planPrograms(
      graphs.map((graph) => prepareForDevice(graph, profile)),
      profile,
    );
  });
  const peaks = plans.map(({ peakLiveBytes }) => peakLiveBytes);
  const stageIndex = peaks.indexOf(Math.max(...peaks));
  const plan = plans[stageIndex] as ProgramsPlan;
  const stages = plans.map(({ peakLiveBytes, peakReservedBytes, byRoleAtPeak }) => ({
    peakLiveBytes,
    peakReservedBytes,
    byRole: byRoleAtPeak,
  }));
  return { stageIndex, plan, memory: describe(plan, training, buckets), stages };
}

/** All graphs of a stage of training: one a bucket, and the update where gradients are accumulated. */
export function stageGraphs(
  model: ModelShape,
  stage: MethodStage,
  training: TrainingConfig,
  buckets: readonly (number | BatchLengths)[],
): readonly Graph[] {
  const steps = buckets.map((lengths) => trainingGraph(model, stage, training, lengthsOf(lengths)));
  return training.accumulationSteps === 1 ? steps : [...steps, updateGraph(model, stage, training)];
}

function lengthsOf(bucket: number | BatchLengths): BatchLengths {
  return typeof bucket === "number" ? { length: bucket } : bucket;
}

function describe(
  plan: ProgramsPlan,
  training: TrainingConfig,
  buckets: readonly (number | BatchLengths)[],
): ResultMemory {
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
            length: lengthsOf(buckets[peakProgram] ?? 0).length,
          },
    peakLiveBytesByPhase: null,
    source: "planned",
    savePolicy: training.savePolicy,
    device: plan.profile.name,
  };
}
