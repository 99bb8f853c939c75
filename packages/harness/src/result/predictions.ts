import { z } from "zod";

/** A line of `predictions.jsonl`, one example of the dev split, or of `predictions-<split>.jsonl`. */
export const predictionSchema = z.strictObject({
  /** `<split>:<row>`, the same in every run, so that two runs are compared example by example. */
  exampleId: z.string().min(1),
  /** The true class number or score. */
  label: z.number(),
  /** The predicted class number or score; null where the model's output was not finite. */
  prediction: z.number().nullable(),
  /** The head's outputs, a logit a class or one score; null where not finite. */
  scores: z.array(z.number().nullable()),
});

export type Prediction = z.infer<typeof predictionSchema>;
