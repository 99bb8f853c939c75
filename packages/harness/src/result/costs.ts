import type { MemoryRole } from "@peftbench/runtime";
import { memoryRoles, savePolicies } from "@peftbench/runtime";
import { z } from "zod";
import { bytes, count, milliseconds, text } from "./fields.ts";

/**
 * Numbers of scalars. Trained in all, with the head: `trainableInitial + head`. The adapter's own count is
 * `trainable*`; for full fine-tuning, which adds none, it is the encoder's.
 */
export const parametersSchema = z.strictObject({
  /** Trainable without the task head, at the first step. */
  trainableInitial: count,
  /** The same as the mean over all steps: lower where a method freezes or prunes in mid-run. */
  trainableAverage: z.number().nonnegative(),
  trainableFinal: count,
  /** Trainable parameters of the task head (pooler and classifier, as the model declares them). */
  head: count,
  /** All there is to hold while training: base + adapter + head. */
  total: count,
});

/** Results from before there was generation have no bytes for keys and values. */
const bytesByRole = z.preprocess(
  (found) => (typeof found === "object" && found !== null ? { keyValueCache: 0, ...found } : found),
  z.strictObject(
    Object.fromEntries(memoryRoles.map((role) => [role, bytes])) as Record<MemoryRole, typeof bytes>,
  ),
);

export const memorySchema = z.strictObject({
  /** The largest sum of live bytes at any moment of a training step. */
  peakLiveBytes: bytes,
  /** What is taken from the device, alignment and fragmentation included. */
  peakReservedBytes: bytes,
  /** Live bytes of each role at the moment of the live peak; they add up to `peakLiveBytes`. */
  byRole: bytesByRole,
  /** The moment of the live peak. */
  peakAt: z
    .strictObject({
      node: text,
      phase: z.enum(["forward", "backward", "optimizer"]),
      batchRows: count,
      /** Tokens in a row, padding included. */
      length: count,
    })
    .nullable(),
  /** The largest sum of live bytes in each phase of the step; null where the source does not tell phases apart. */
  peakLiveBytesByPhase: z.strictObject({ forward: bytes, backward: bytes, optimizer: bytes }).nullable(),
  /** `planned`: computed before anything ran; `measured`: from a ledger of the device's allocations. */
  source: z.enum(["measured", "planned"]),
  savePolicy: z.enum(savePolicies),
  /** The device or the device profile that the bytes are of. */
  device: text,
});

export const timeSchema = z.strictObject({
  /** Wall time of training steps, over all processes of a resumed run; without evaluation and compilation. */
  trainMs: milliseconds,
  evalMs: milliseconds,
  /** Building, planning and compiling graphs. */
  compileMs: milliseconds,
  stepMsMedian: milliseconds.nullable(),
  stepsTotal: count,
  /** Steps that changed no weight because the gradient's norm was not finite. */
  stepsSkipped: count,
  /** Real tokens (no padding) a second of `trainMs`. */
  tokensPerSecond: z.number().nonnegative().nullable(),
  /** Real tokens (no padding). */
  tokensTrained: count,
});

/** A part of training over which trainable tensors and memory stay the same. */
export const stageSchema = z.strictObject({
  name: text,
  /** The first optimizer step, counted from 0. */
  fromStep: count,
  steps: count,
  /** Trainable scalars without the head, at the stage's first step. */
  trainable: count,
  /** Planned peaks of the stage's own graphs. */
  peakLiveBytes: bytes,
  peakReservedBytes: bytes,
  /** Live bytes of each role at the stage's peak; they add up to `peakLiveBytes`. */
  byRole: bytesByRole,
  /** Wall time of the stage's steps. */
  trainMs: milliseconds,
  stepMsMedian: milliseconds.nullable(),
});
