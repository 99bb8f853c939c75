import { pathFields } from "@peftbench/peft";
import { z } from "zod";

/** How far P and Q are from orthogonal. */
const regularizers = ["code", "paper"] as const;

/** Options of AdaLoRA, named for the paper's terms; PEFT's names stand beside them. */
export const adaloraConfigSchema = z.strictObject({
  /** Triplets of each matrix at first (`init_r`). The path is scaled by alpha / (initialRank + 1e-5) throughout. */
  initialRank: z.int().positive().default(12),
  /** Triplets that are left at last, on average over the matrices (`target_r`). */
  targetRank: z.int().positive().default(8),
  ...pathFields,
  /**
   * Weight of the regularizer, γ (`orth_reg_weight`). 0.1 is what the paper's Table 8 has for most tasks, and the
   * authors' scripts; PEFT's own default is 0.5.
   */
  regularizerWeight: z.number().min(0).default(0.1),
  /**
   * `code`: Frobenius norms of PᵀP - I and QQᵀ - I, averaged over all P and Q, as the authors' code and PEFT do.
   * `paper`: their squares, summed (eq. 4), which is larger by orders of magnitude, so that γ means something else.
   */
  regularizer: z.enum(regularizers).default("code"),
  /** Decay of the smoothed sensitivity. */
  beta1: z.number().gt(0).lt(1).default(0.85),
  /** Decay of the smoothed uncertainty. */
  beta2: z.number().gt(0).lt(1).default(0.85),
  /** Steps at the whole budget, t_i (`tinit`); null takes the share of `schedule.ts`. */
  warmupSteps: z.int().min(0).nullable().default(null),
  /** Steps at the last budget, its triplets fixed, t_f (`tfinal`); null takes the share of `schedule.ts`. */
  finalSteps: z.int().positive().nullable().default(null),
  /** Steps from one masking to the next while the budget falls, ΔT (`deltaT`); null takes that of `schedule.ts`. */
  interval: z.int().positive().nullable().default(null),
});

export type AdaloraConfig = z.output<typeof adaloraConfigSchema>;
