import { z } from "zod";

/** How the three factors start. The paper's own choice is not known to us: `svd-zero` is ours. */
export const lamdaInits = ["svd-zero", "svd-sigma", "released-code"] as const;

export const lamdaConfigSchema = z.strictObject({
  /** Width of the path: the core has rank² elements. */
  rank: z.int().positive().default(32),
  /** The path is scaled by alpha / rank. */
  alpha: z.number().positive().default(16),
  /** Dropout on the path's input; above 0 it keeps a mask as wide as the input, which the method is to spare. */
  dropout: z.number().min(0).lt(1).default(0),
  /** Modules by name ending, a regular expression for the whole name, or `all-linear`. */
  targetModules: z.union([z.array(z.string()).min(1), z.string().min(1)]).default(["query", "value"]),
  /**
   * `svd-zero`: A and B are the leading singular vectors of the weight, the core is zero. `svd-sigma`: the core holds
   * the singular values, which the weight loses. `released-code`: as the authors' code, without any decomposition:
   * A and core random, B zero.
   */
  init: z.enum(lamdaInits).default("svd-zero"),
  /** Share of the steps after which B is frozen whole (0.3 in the released code); 0: from the start. */
  freezeFraction: z.number().min(0).max(1).default(0.3),
  /** Which of B's columns freeze first. The paper's order is only implied. */
  freezeOrder: z.enum(["leading-first", "trailing-first"]).default("leading-first"),
  /** Parts of training, at whose borders gradients and optimizer state of frozen columns are released. */
  stages: z.int().min(1).max(4).default(4),
});

export type LamdaConfig = z.output<typeof lamdaConfigSchema>;
