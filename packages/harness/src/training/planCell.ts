import type { PeftMethod } from "@peftbench/peft";
import { attachMethod } from "@peftbench/peft";
import type { DeviceProfile } from "@peftbench/runtime";
import { assertFits, assertTensorsFit } from "@peftbench/runtime";
import type { CellSpec } from "../grid/cellSpec.ts";
import type { PreparedCell } from "./assemble.ts";
import type { CellDevice } from "./cellDevice.ts";
import type { PlannedTraining } from "./memory.ts";
import { planTraining } from "./memory.ts";
import type { MemorySettings, PlannedChange } from "./memoryChanges.ts";
import { lowerPeaks } from "./memoryChanges.ts";
import { createPlanCache } from "./planCache.ts";
import { describeWaysOut } from "./waysOut.ts";

/** What a result has of a plan. */
export type CellPlanned = Pick<PlannedTraining, "memory" | "stages">;

/** The memory of a cell on a device, planned once and recalled after that. */
export function planCell(
  { weightsChecksum, cell, sources }: CellSpec,
  { model, attachment, buckets, totalSteps, caches }: PreparedCell,
  profile: DeviceProfile,
): CellPlanned {
  // Ranks of some methods follow from the weights.
  const of = { weightsChecksum, method: cell.method, config: cell.config, head: model.head };
  const key = { ...of, headParameters: [...model.headParameters], buckets, totalSteps, profile };
  return createPlanCache(caches.plans, sources).recall(key, () => {
    const planned = planTraining(model, attachment, cell.config.training, buckets, profile);
    assertTensorsFit(planned.plan);
    return { memory: planned.memory, stages: planned.stages };
  });
}

/**
 * Refuses a cell that a device cannot hold, before anything is allocated.
 * @throws {OutOfMemoryError} with planned ways out
 */
export function requireRoom(
  spec: CellSpec,
  prepared: PreparedCell,
  method: PeftMethod,
  { profile, memoryLimitBytes }: Pick<CellDevice, "profile" | "memoryLimitBytes">,
  { memory }: CellPlanned,
): void {
  if (memory.peakReservedBytes <= memoryLimitBytes) return;
  const { model, attachment, buckets } = prepared;
  const planned = planTraining(model, attachment, spec.cell.config.training, buckets, profile);
  assertFits(planned.plan, memoryLimitBytes, () =>
    describeWaysOut(changesOf(spec, prepared, method, profile, planned), memoryLimitBytes),
  );
}

function changesOf(
  { cell }: CellSpec,
  { model, buckets, totalSteps, spectra }: PreparedCell,
  method: PeftMethod,
  profile: DeviceProfile,
  planned: PlannedTraining,
): readonly PlannedChange[] {
  const longest = buckets.at(-1) ?? 0;
  const planPeaks = (settings: MemorySettings): PlannedTraining["plan"] => {
    const { training } = settings;
    const attachment = attachMethod(method, model, settings.method, { totalSteps, spectra });
    const length = Math.min(longest, training.maxLength);
    const { plan } = planTraining(model, attachment, training, [length], profile);
    // What the device cannot hold at all is no way out.
    assertTensorsFit(plan);
    return plan;
  };
  const settings = { training: { ...cell.config.training, maxLength: longest }, method: cell.config.method };
  return lowerPeaks(settings, planned.memory.peakLiveBytes, planPeaks);
}
