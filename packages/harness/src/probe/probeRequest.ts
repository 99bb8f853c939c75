import { z } from "zod";
import { cellSpecSchema } from "../grid/cellSpec.ts";
import { measuredMemorySchema } from "../result/measuredMemory.ts";

/** What the process of a probe is told, on its standard input. */
export const probeRequestSchema = z.strictObject({
  spec: cellSpecSchema,
  adapter: z.enum(["hardware", "software"]),
  /** Most padded tokens of a batch; null: as the cell has it. */
  mostTokens: z.int().positive().nullable(),
});

export type ProbeRequest = z.infer<typeof probeRequestSchema>;

/** What it answers, as the last line of its standard output. */
export const probeAnswerSchema = z.union([
  z.strictObject({ measured: measuredMemorySchema }),
  z.strictObject({ problem: z.string().min(1) }),
]);

export type ProbeAnswer = z.infer<typeof probeAnswerSchema>;
