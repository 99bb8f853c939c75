import { z } from "zod";
import { trainingConfigSchema } from "../config.ts";

/** Steps of a model of which only the configuration is at hand, to be measured. */
export const measureRequestSchema = z.strictObject({
  /** What `config.json` holds. */
  config: z.json(),
  head: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("classification"), labelCount: z.int().positive() }),
    z.strictObject({ kind: z.literal("regression") }),
    z.strictObject({ kind: z.literal("languageModel") }),
  ]),
  method: z.string(),
  methodConfig: z.record(z.string(), z.json()),
  training: trainingConfigSchema,
  /** In tokens; the target's of an encoder-decoder. */
  lengths: z.strictObject({ length: z.int().positive(), targetLength: z.int().positive().optional() }),
  /** Methods whose stages depend on the number of steps are attached for a run of so many. */
  totalSteps: z.int().positive(),
  adapter: z.enum(["hardware", "software"]),
  threads: z.int().positive(),
});

export type MeasureRequest = z.infer<typeof measureRequestSchema>;
