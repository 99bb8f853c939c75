import { z } from "zod";

/** Options that every method with a low-rank path beside linear modules has, but for its rank. */
export const pathFields = {
  /** The path is scaled by alpha / rank. */
  alpha: z.number().positive().default(16),
  /** Dropout on the path's input; above 0, backward keeps a mask as wide as the input. */
  dropout: z.number().min(0).lt(1).default(0),
  /** Modules by name ending, a regular expression for the whole name, or `all-linear`. */
  targetModules: z.union([z.array(z.string()).min(1), z.string().min(1)]).default(["query", "value"]),
} as const;
