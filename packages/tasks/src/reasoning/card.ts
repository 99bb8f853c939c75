import { z } from "zod";
import { cardFileSchema, datasetCardSchema, parseCard } from "../card.ts";

const reasoningCardSchema = datasetCardSchema
  .omit({ files: true, publishedRows: true, labels: true, range: true, package: true })
  .extend({
    /** The copy this card was measured on; a split that it lacks is absent. */
    files: z.strictObject({
      train: cardFileSchema.optional(),
      dev: cardFileSchema.optional(),
      test: cardFileSchema.optional(),
    }),
    /** Of every split that the task knows. */
    publishedRows: z.strictObject({
      train: z.int().positive().optional(),
      dev: z.int().positive().optional(),
      test: z.int().positive().optional(),
    }),
    /** The prompt file that the task's text is put into. */
    prompt: z.string().min(1),
  });

/** A dataset card of a reasoning task: its copies hold some of train, dev and test. */
export type ReasoningCard = Readonly<z.infer<typeof reasoningCardSchema>>;

/**
 * @param file its path, for messages
 * @throws {DatasetError} `bad-card`, naming every field that is wrong
 */
export function parseReasoningCard(text: string, file: string): ReasoningCard {
  return parseCard(reasoningCardSchema, text, file);
}
