import { z } from "zod";
import { trainingOverridesSchema } from "../config.ts";

const text = z.string().min(1);

/**
 * How settings are searched under the regime `tuned`: every method gets the same number of trials on every task. Trials
 * are scored on rows held out of training; the reported split decides nothing.
 */
export const searchSchema = z
  .strictObject({
    note: text.optional(),
    /** Of each method on each task, all with one seed. */
    trials: z.int().positive(),
    seed: z.int().nonnegative(),
    /** What trials are trained with that reported runs are not; holds `selectionRows`. */
    training: trainingOverridesSchema,
    /** The same for single tasks, by their ids. */
    byTask: z.record(z.string(), trainingOverridesSchema).optional(),
    /** Neighbouring learning rates differ by this factor; the method's own lies amid them. */
    learningRateRatio: z.number().gt(1),
    /** Values of a method's own options to try, by method and option; every combination of them gets learning rates. */
    options: z.record(z.string(), z.record(z.string(), z.array(z.json()).min(1))).optional(),
  })
  .refine(({ training }) => (training.selectionRows ?? 0) > 0, {
    path: ["training", "selectionRows"],
    error: "expected at least 1: trials are scored on rows held out of training",
  });

export type SearchConfig = z.infer<typeof searchSchema>;
