import { z } from "zod";
import { count, sha256, text } from "./fields.ts";

/** Settings by name: `learningRate`; a method's own option as `method.rank`. */
const settings = z.record(z.string(), z.json());

/** How a run's settings were chosen: every trial of its method on its task with its model. */
export const tuningSchema = z.strictObject({
  regime: z.literal("tuned"),
  /** The same number of trials for every method. */
  budget: z.strictObject({
    trials: z.int().positive(),
    /** Of all trials; reported runs have seeds of their own. */
    seed: count,
    /** Rows that a trial was trained on, at most; null: all. */
    trainLimit: z.int().positive().nullable(),
    /** Rows held out of training that trials were scored on. */
    selectionRows: z.int().positive(),
  }),
  /** What trials were scored by, on held-out rows. */
  metric: text,
  higherIsBetter: z.boolean(),
  trials: z
    .array(
      z.strictObject({
        /** The trial's run. */
        id: sha256,
        settings,
        /** Null where the run gave none: it failed or diverged, or its score is undefined. */
        score: z.number().nullable(),
        status: z.enum(["ok", "failed", "oom", "diverged", "interrupted"]),
      }),
    )
    .min(1),
  chosen: settings,
  /** Whether the chosen learning rate is the lowest or the highest that was tried: a better one may lie beyond. */
  isAtEdge: z.boolean(),
});

export type ResultTuning = z.infer<typeof tuningSchema>;

/** `trial`: of a search for settings, never reported among results. */
export const runPurposes = ["report", "trial"] as const;

export type RunPurpose = (typeof runPurposes)[number];
