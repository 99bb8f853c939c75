import { z } from "zod";
import { count, sha256, text } from "./fields.ts";

/** What was written for GLUE's server, into the run's folder `submission`. */
export const submissionSchema = z.strictObject({
  files: z.array(
    z.strictObject({
      /** As the server takes it: `CoLA.tsv`. */
      name: text,
      rows: count,
      /** What was answered, by its name below the data folder: `CoLA/test.tsv`. */
      sources: z.array(z.strictObject({ name: text, sha256 })).min(1),
    }),
  ),
  /** One sentence for each file that could not be made. */
  missing: z.array(text),
});

export type ResultSubmission = z.infer<typeof submissionSchema>;
