import type { Example } from "@peftbench/tasks";
import { z } from "zod";

/** Characters of a text that are kept, to be read beside predictions. */
const KEPT_CHARACTERS = 300;

/**
 * A line of `examples/<task>-<8 digits>.jsonl`, in a folder beside the run folders of a suite: the text of one example
 * of dev. Runs on the same dev examples share the file. `loadExampleTexts(run)` finds it and gives its lines by
 * `exampleId`, which is the one of `predictions.jsonl`; results from before have none.
 */
export const exampleTextSchema = z.strictObject({
  /** `dev:<row>` */
  exampleId: z.string().min(1),
  /** At most 300 characters; of a longer text the first 299 and an ellipsis. */
  text: z.string(),
  /** The second sentence, cut likewise; null in a task about single ones. */
  pair: z.string().nullable(),
});

export type ExampleText = z.infer<typeof exampleTextSchema>;

/** What is kept of an example's text. */
export function exampleTextOf({ id, text, pair }: Example): ExampleText {
  return { exampleId: id, text: cut(text), pair: pair === undefined ? null : cut(pair) };
}

/** By code points, so that no character is cut in half. */
function cut(text: string): string {
  const characters = [...text];
  return characters.length <= KEPT_CHARACTERS
    ? text
    : `${characters.slice(0, KEPT_CHARACTERS - 1).join("")}…`;
}
