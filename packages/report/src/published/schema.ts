import { FormatError } from "@peftbench/harness";
import { z } from "zod";

const text = z.string().min(1);

/** A table of a paper. Fields beyond these may stand in the file and are not read. */
const tableSchema = z.object({
  title: text,
  /** Paper or repository: `arXiv 2106.09685`. */
  source: text,
  /** Where the figures were read: `paper text`, `secondary source`. */
  source_kind: z.string(),
  note: z.string().default(""),
});

/** One figure. */
const rowSchema = z.object({
  /** Id of its table. */
  table: text,
  method: text,
  model: text,
  task: text,
  metric: text,
  value: z.number(),
  /** Deviation over seeds, where the paper gives one. */
  std: z.number().nonnegative().optional(),
  /** Trained parameters; null where the paper gives none, or only a share. */
  params: z.number().nonnegative().nullable(),
  /** As the paper writes them: `0.3M`, `0.84%`. */
  params_label: z.string(),
  /** Told from memory: never shown. */
  unverified: z.boolean().default(false),
  /** The paper does not name the task. */
  task_inferred: z.boolean().default(false),
});

const missingSchema = z.object({ method: text, tables: z.array(text), reason: z.string() });

const fileSchema = z
  .object({
    tables: z.record(text, tableSchema),
    /** Tables that were looked for and not found. */
    missing: z.array(missingSchema).default([]),
    rows: z.array(rowSchema),
  })
  .superRefine(({ tables, rows }, context) => {
    for (const [index, { table }] of rows.entries()) {
      if (Object.hasOwn(tables, table)) continue;
      context.addIssue({
        code: "custom",
        path: ["rows", index, "table"],
        message: `expected the id of one of the file's tables, found "${table}"`,
      });
    }
  });

export type PublishedFigures = z.infer<typeof fileSchema>;
export type PublishedRow = z.infer<typeof rowSchema>;

/**
 * Reads a file of published figures.
 *
 * @throws {FormatError} naming the file and the first wrong field: `rows.17.value`
 */
export function parsePublished(json: string, file: string): PublishedFigures {
  let document: unknown;
  try {
    document = JSON.parse(json.replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new FormatError(file, null, null, `is not JSON: ${(error as Error).message}`);
  }
  const parsed = fileSchema.safeParse(document);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue === undefined || issue.path.length === 0 ? null : issue.path.map(String).join(".");
  throw new FormatError(file, null, field, issue?.message ?? "is not a file of published figures");
}
