import { z } from "zod";
import { trainingConfigSchema } from "../config.ts";
import { measuredMemorySchema } from "../result/measuredMemory.ts";
import { executorKinds } from "../result/schema.ts";
import { runPurposes, tuningSchema } from "../result/tuning.ts";

const text = z.string().min(1);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/**
 * All that the process of one cell is told. It stands in the run's folder as `cell.json` until the run has ended well;
 * its paths are absolute.
 */
export const cellSpecSchema = z.strictObject({
  id: sha256,
  cell: z.strictObject({
    suite: text,
    model: text,
    method: text,
    task: text,
    seed: z.int().nonnegative(),
    config: z.strictObject({
      training: trainingConfigSchema,
      method: z.record(z.string(), z.json()),
    }),
  }),
  purpose: z.enum(runPurposes),
  /** How the settings were chosen; null where they were given. */
  tuning: tuningSchema.nullable(),
  modelFolder: text,
  /** Null where the task needs none. */
  dataFolder: text.nullable(),
  runFolder: text,
  executor: z.enum(executorKinds),
  /** The kind of WebGPU adapter; null on the CPU. */
  adapter: z.enum(["hardware", "software"]).nullable(),
  /** What a probe on WebGPU measured for cells like this one; null without a probe. */
  measuredMemory: measuredMemorySchema.nullable(),
  /** What was taken in place of what was not at hand: bundled data for GLUE, the bundled model. */
  notices: z.array(text),
  /** What was to say before the cell began, for the result: a probe that failed. */
  warnings: z.array(text),
  threads: z.int().positive(),
  /** What the identity was made from; the process checks that it sees the same. */
  weightsChecksum: sha256,
  dataChecksum: sha256,
  /** State of the sources; null where they are not in a git working tree. */
  sources: z.strictObject({ commit: z.string(), dirty: z.boolean() }).nullable(),
  /** Whether the hidden test splits are answered too, in files for GLUE's server. It changes nothing else; absent: no. */
  submission: z.boolean().exactOptional(),
  /** Run again from nothing, whatever the folder holds. */
  force: z.boolean(),
});

export type CellSpec = z.infer<typeof cellSpecSchema>;
