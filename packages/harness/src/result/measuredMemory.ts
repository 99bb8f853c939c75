import { z } from "zod";
import { bytes, count, text } from "./fields.ts";

/** Memory as a ledger of the device's own calls saw it, beside what was planned for the same programs and device. */
export const measuredMemorySchema = z.strictObject({
  /** `run`: in the run itself; `probe`: in a few steps beside a run on the CPU. */
  source: z.enum(["run", "probe"]),
  adapter: text,
  /** The method's stage that was measured. */
  stage: text,
  /** Training steps that were run. */
  steps: count,
  /** Rows and padded tokens of the largest batch. */
  batchRows: count,
  length: count,
  /** What the device was asked for at most, and what is planned: the arena, parameters, and the overhead. */
  reserved: z.strictObject({ measuredBytes: bytes, plannedBytes: bytes }),
  /**
   * The same with every tensor in a buffer of its own, which lives no longer than it: the live peak. Null where it was
   * not run so. Roles are as at the peak; they add up.
   */
  live: z
    .strictObject({
      measuredBytes: bytes,
      plannedBytes: bytes,
      measuredByRole: z.record(z.string(), bytes),
      plannedByRole: z.record(z.string(), bytes),
    })
    .nullable(),
  /** Counted in all of the above beside the plan's tensors, which know nothing of kernels. */
  overhead: z.strictObject({ scratchBytes: bytes, uniformBytes: bytes, readbackBytes: bytes }),
  /** Reserved at most while weights were loaded (`load`), in each of the method's stages, in evaluation (`eval`). */
  phases: z.array(z.strictObject({ phase: text, peakBytes: bytes })),
  /** Losses of the same steps on WebGPU and on the CPU; null where they were not compared. */
  lossDifference: z.strictObject({ steps: count, largestRelative: z.number().nonnegative() }).nullable(),
});

export type MeasuredMemory = z.infer<typeof measuredMemorySchema>;
