import { z } from "zod";

/** Options of LoRA under the names of Hugging Face PEFT, in camel case. */
export const loraConfigSchema = z.strictObject({
  /** Width of the low-rank path. */
  rank: z.int().positive().default(8),
  /** The path is scaled by alpha / rank. */
  alpha: z.number().positive().default(16),
  /** Dropout on the path's input. */
  dropout: z.number().min(0).lt(1).default(0),
  /** Modules by name ending, a regular expression for the whole name, or `all-linear`. */
  targetModules: z.union([z.array(z.string()).min(1), z.string().min(1)]).default(["query", "value"]),
});

export type LoraConfig = z.output<typeof loraConfigSchema>;
