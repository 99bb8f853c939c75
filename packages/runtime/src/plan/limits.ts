import { formatBytes, OutOfMemoryError, RuntimeError } from "../errors.ts";
import type { MemoryRole } from "../graph/graph.ts";
import type { BytesByRole, MemoryPlan, PeakMoment } from "./memoryPlan.ts";
import type { ProgramsPlan } from "./programs.ts";

const TRAIN_LESS = "Train fewer parameters (a lower rank, fewer adapted layers).";
const SMALLER_BATCH = "Lower the batch size or the sequence length.";

const REMEDIES: Readonly<Record<MemoryRole, string>> = {
  baseWeight: "Choose a smaller model or a device with more memory.",
  adapterWeight: TRAIN_LESS,
  head: "Choose a smaller head.",
  optimizerState: TRAIN_LESS,
  gradient: TRAIN_LESS,
  keyValueCache: "Generate fewer rows at a time, or shorter texts.",
  savedActivation: "Lower the batch size or the sequence length, or choose the save policy recompute.",
  workspace: SMALLER_BATCH,
  staging: SMALLER_BATCH,
};

/**
 * Refuses a plan that the device, or a limit below the device's, cannot hold.
 *
 * @param furtherRemedy what else can be done about a plan that is too large, in a sentence
 * @throws OutOfMemoryError if more is reserved than `limitBytes`, or one tensor exceeds the device's largest buffer.
 * @throws RuntimeError if the plan holds f16 tensors and the device has none.
 */
export function assertFits(
  plan: MemoryPlan | ProgramsPlan,
  limitBytes: number,
  furtherRemedy?: () => string,
): void {
  assertTensorsFit(plan);
  if (plan.peakReservedBytes <= limitBytes) return;
  const [role, bytes] = largestRole(plan.byRoleAtPeak);
  throw new OutOfMemoryError(
    `On ${plan.profile.name} ${formatBytes(plan.peakLiveBytes)} are alive at ${describe(plan.peakAt)}, ` +
      `most of it ${role} (${formatBytes(bytes)}); with padding and gaps the plan`,
    plan.peakReservedBytes,
    limitBytes,
    `${REMEDIES[role]}${furtherRemedy === undefined ? "" : ` ${furtherRemedy()}`}`,
  );
}

/**
 * Refuses a tensor that the device cannot hold at all.
 *
 * @throws OutOfMemoryError, RuntimeError as `assertFits`
 */
export function assertTensorsFit(plan: MemoryPlan | ProgramsPlan): void {
  for (const program of "programs" in plan ? plan.programs : [plan]) assertProgramFits(program);
}

function assertProgramFits({ profile, tensors }: MemoryPlan): void {
  for (const tensor of tensors) {
    if (tensor.dtype === "f16" && !profile.supportsF16) {
      throw new RuntimeError(
        `${tensor.name} is stored as f16, which ${profile.name} does not have.`,
        "Store it as f32.",
      );
    }
    if (tensor.paddedBytes > profile.maxBufferBytes) {
      throw new OutOfMemoryError(
        `The tensor ${tensor.name} (${tensor.role})`,
        tensor.paddedBytes,
        profile.maxBufferBytes,
        `That is the largest buffer of ${profile.name}. ${REMEDIES[tensor.role]}`,
      );
    }
  }
}

function describe(moment: PeakMoment | null): string {
  if (moment === null) return "the start";
  return `${moment.op} (${moment.phase} of ${moment.scope || "the top level"}, node ${moment.node})`;
}

function largestRole(byRole: BytesByRole): readonly [MemoryRole, number] {
  const entries = Object.entries(byRole) as [MemoryRole, number][];
  return entries.reduce((largest, entry) => (entry[1] > largest[1] ? entry : largest));
}
