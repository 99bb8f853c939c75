import { z } from "zod";
import { count, milliseconds, text } from "./fields.ts";
import { runStatuses } from "./schema.ts";

const at = z.iso.datetime();

/** One optimizer step. A resumed run repeats the steps since its checkpoint: see `stepsOf`. */
const stepEventSchema = z.strictObject({
  type: z.literal("step"),
  at,
  /** From 1 to `stepsTotal`. */
  step: z.int().positive(),
  /** From 0. */
  epoch: count,
  /** Mean loss of the batch's real rows; null where it was not finite (JSON has no NaN). */
  loss: z.number().nullable(),
  /** Learning rate of the method's parameters at this step. */
  learningRate: z.number().nonnegative(),
  /** Global norm before clipping; null where it was not finite. */
  gradientNorm: z.number().nonnegative().nullable(),
  /** Real tokens in the batch, no padding. */
  tokens: count,
  stepMs: milliseconds,
  /** Tokens in a row of the batch, padding included. */
  bucketLength: z.int().positive(),
});

/** What the run is doing now; `stepsTotal` is told as soon as it is known. */
const phaseEventSchema = z.strictObject({
  type: z.literal("phase"),
  at,
  phase: z.enum(["load", "compile", "train", "evaluate", "save"]),
  stepsTotal: count.nullable(),
});

/** Scores of a split: of `selection` along the run, of `dev` at its end. A resumed run repeats what came after its checkpoint. */
const evalEventSchema = z.strictObject({
  type: z.literal("eval"),
  at,
  /** Steps that were done before. */
  step: count,
  split: z.enum(["selection", "dev"]),
  evalMs: milliseconds,
  /** `count`: examples that were scored; value null where the metric is not defined. */
  metrics: z.array(z.strictObject({ name: text, value: z.number().nullable(), count })),
});

const checkpointEventSchema = z.strictObject({
  type: z.literal("checkpoint"),
  at,
  step: count,
  /** File name inside the run's folder. */
  file: text,
  bytes: count,
});

const resumeEventSchema = z.strictObject({
  type: z.literal("resume"),
  at,
  /** The last step that the checkpoint holds; the next one is repeated or new. */
  step: count,
  file: text,
});

const warningEventSchema = z.strictObject({ type: z.literal("warning"), at, message: text });

const doneEventSchema = z.strictObject({ type: z.literal("done"), at, status: z.enum(runStatuses) });

/** A line of `events.jsonl`. */
export const runEventSchema = z.discriminatedUnion("type", [
  stepEventSchema,
  phaseEventSchema,
  evalEventSchema,
  checkpointEventSchema,
  resumeEventSchema,
  warningEventSchema,
  doneEventSchema,
]);

export type RunEvent = z.infer<typeof runEventSchema>;
export type StepEvent = z.infer<typeof stepEventSchema>;

/** An event before the clock's time is put on it. */
export type RunEventBody = RunEvent extends infer Event
  ? Event extends RunEvent
    ? Omit<Event, "at">
    : never
  : never;

/** The training steps in order, each once: where a resumed run repeated a step, the last of it. */
export function stepsOf(events: readonly RunEvent[]): readonly StepEvent[] {
  const byStep = new Map<number, StepEvent>();
  for (const event of events) if (event.type === "step") byStep.set(event.step, event);
  return [...byStep.values()].sort((a, b) => a.step - b.step);
}
