import { z } from "zod";

/** Characters that a text is cut to where it is kept to be read beside predictions. */
export const EXAMPLE_TEXT_CHARACTERS = 300;

/**
 * A line of `examples/<task>-<8 digits>.jsonl` beside the run folders of a suite: the text of one example of dev that
 * was predicted. Runs on the same dev examples share one file, which `loadExampleTexts(run)` finds and gives by
 * `exampleId`, the one of `predictions.jsonl`; results from before have none.
 */
export const exampleTextSchema = z.strictObject({
  /** `dev:<row>` */
  exampleId: z.string().min(1),
  /** Cut to 300 characters, the last then an ellipsis. */
  text: z.string(),
  /** The second sentence, cut likewise; null in a task about single ones. */
  pair: z.string().nullable(),
});

export type ExampleText = z.infer<typeof exampleTextSchema>;
