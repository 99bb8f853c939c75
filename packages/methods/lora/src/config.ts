import { pathFields } from "@peftbench/peft";
import { z } from "zod";

/** How A and B start, under the names of PEFT's `init_lora_weights` where it has one. */
const loraInits = ["kaiming", "gaussian", "pissa"] as const;

/** Options of LoRA under the names of Hugging Face PEFT, in camel case. */
export const loraConfigSchema = z.strictObject({
  /** Width of the low-rank path. */
  rank: z.int().positive().default(8),
  ...pathFields,
  /** Scales the path by alpha / sqrt(rank): rsLoRA (arXiv 2312.03732). */
  rankStabilized: z.boolean().default(false),
  /**
   * `kaiming`: A uniform in ±1/sqrt(inFeatures), B zero, as the authors' code and PEFT do. `gaussian`: A normal with
   * deviation 1/rank, B zero (PEFT). `pissa`: both from the leading singular triplets of the weight, which loses them
   * (arXiv 2404.02948).
   */
  init: z.enum(loraInits).default("kaiming"),
  /** Ranks of modules that differ, by name ending. */
  rankPattern: z.record(z.string(), z.int().positive()).default({}),
  /** Alphas of modules that differ, by name ending. */
  alphaPattern: z.record(z.string(), z.number().positive()).default({}),
});

export type LoraConfig = z.output<typeof loraConfigSchema>;
