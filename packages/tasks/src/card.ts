import { parse } from "yaml";
import { z } from "zod";
import { DatasetError } from "./errors.ts";

export const cardFileSchema = z.strictObject({
  name: z.string().min(1),
  rows: z.int().positive(),
  bytes: z.int().positive(),
  sha256: z.hash("sha256"),
});

export const datasetCardSchema = z.strictObject({
  id: z.string().min(1),
  title: z.string().min(1),
  suite: z.string().min(1),
  /** `published` as a data set; `bundled`: real text of an npm package, made a task by us; `synthetic`: written by a program. */
  origin: z.enum(["published", "bundled", "synthetic"]),
  /** The npm package of bundled text, and the version that was measured. */
  package: z.strictObject({ name: z.string().min(1), version: z.string().min(1) }).optional(),
  homepage: z.url().optional(),
  paper: z.url().optional(),
  licence: z.strictObject({
    /** `unclear`: nobody with the right to has said; `restricted`: said, with limits; `open`: said, free to reuse. */
    status: z.enum(["open", "restricted", "unclear"]),
    summary: z.string().min(1),
  }),
  metrics: z.strictObject({ primary: z.string().min(1), names: z.array(z.string().min(1)).min(1) }),
  /** Classes in the order of their numbers: as the file writes them, and as a person reads them. */
  labels: z.array(z.strictObject({ value: z.string().min(1), name: z.string().min(1) })).optional(),
  /** Of a score, ends included. */
  range: z.strictObject({ min: z.number(), max: z.number() }).optional(),
  /** Column names of the file, or positions counted from 0 where it has no header line. */
  columns: z
    .array(z.strictObject({ column: z.union([z.string(), z.int()]), holds: z.string().min(1) }))
    .min(1),
  /** The copy this card was measured on; of bundled and synthetic text, the rows as `jsonLines` writes them. */
  files: z.strictObject({ train: cardFileSchema, dev: cardFileSchema }),
  /** Sizes of the published splits, where the copy that was measured holds a part of them only. */
  publishedRows: z.strictObject({ train: z.int().positive(), dev: z.int().positive() }).optional(),
  /** `provenance.checksum` of a run on that copy. */
  checksum: z.hash("sha256"),
  /** What to know before reading a result, as Markdown. */
  notes: z.string().min(1),
});

/** What is known of a data set: where it is from, what may be done with it, what its files hold. */
export type DatasetCard = Readonly<z.infer<typeof datasetCardSchema>>;

/**
 * Reads a dataset card (YAML).
 * @param file its path, for messages
 * @throws {DatasetError} `bad-card`, naming every field that is wrong
 */
export function parseDatasetCard(text: string, file: string): DatasetCard {
  return parseCard(datasetCardSchema, text, file);
}

/**
 * Reads a card of any form.
 * @throws {DatasetError} `bad-card`, naming every field that is wrong
 */
export function parseCard<Schema extends z.ZodType>(
  schema: Schema,
  text: string,
  file: string,
): z.infer<Schema> {
  const bad = (found: string): DatasetError =>
    new DatasetError({
      code: "bad-card",
      file,
      found,
      expected: "a dataset card as datasets/README.md describes it",
      remedy: "Correct the card; datasets/glue/sst2.yaml is an example.",
    });
  let value: unknown;
  try {
    value = parse(text);
  } catch (cause) {
    throw bad(`YAML that cannot be read (${cause instanceof Error ? cause.message : String(cause)})`);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw bad(
    result.error.issues.map((issue) => `${issue.path.join(".") || "card"}: ${issue.message}`).join("; "),
  );
}
