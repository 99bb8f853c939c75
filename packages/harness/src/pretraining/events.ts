import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { z } from "zod";

const step = z.int().nonnegative();

/** A line of a pretraining run's events.jsonl. Steps are counted from 1, after them. */
const pretrainingEventSchema = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("start"),
    step,
    at: z.string(),
    runtime: z.string(),
    executor: z.string(),
  }),
  z.strictObject({
    type: z.literal("step"),
    step,
    /** Sum of the next two, the second with its weight. */
    loss: z.number().nullable(),
    tokenLoss: z.number().nullable(),
    nextSentenceLoss: z.number().nullable(),
    learningRate: z.number(),
    gradientNorm: z.number().nullable(),
    tokens: z.int(),
    stepMs: z.number(),
  }),
  z.strictObject({ type: z.literal("heldOut"), step, perplexity: z.number(), maskedTokens: z.int() }),
  z.strictObject({ type: z.literal("checkpoint"), step }),
]);

export type PretrainingEvent = Readonly<z.infer<typeof pretrainingEventSchema>>;

export interface PretrainingLog {
  append(event: PretrainingEvent): void;
  close(): void;
}

/** All events of a log; a last line that a killed writer cut off is passed over. */
export function readPretrainingEvents(path: string): readonly PretrainingEvent[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
  const whole = text.slice(0, text.lastIndexOf("\n") + 1).split("\n");
  return whole.filter((line) => line !== "").map((line) => pretrainingEventSchema.parse(JSON.parse(line)));
}

/**
 * Opens the log to go on after `stepsDone` steps. What an earlier process wrote of later steps is dropped: they are done
 * again, with the same outcome.
 */
export function openPretrainingLog(path: string, stepsDone: number): PretrainingLog {
  const kept = readPretrainingEvents(path).filter((event) => event.step <= stepsDone);
  writeFileSync(path, kept.map((event) => `${JSON.stringify(event)}\n`).join(""));
  const file = openSync(path, "a");
  return {
    append: (event) => {
      writeSync(file, `${JSON.stringify(event)}\n`);
    },
    close: () => closeSync(file),
  };
}
