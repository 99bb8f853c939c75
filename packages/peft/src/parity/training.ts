import { join } from "node:path";
import { largestDifference, relativeDifference } from "./differences.ts";
import type { Replay } from "./replay.ts";
import { readJsonLines, readTensors } from "./trainingJob.ts";

/** Largest differences of a training run from PyTorch's. */
export interface TrainingDifferences {
  readonly steps: number;
  /** Relative, over the steps. */
  readonly loss: number;
  readonly gradientNorm: number;
  /** Absolute, over the final values of everything that trains. */
  readonly values: number;
  /** The tensor that they are largest of. */
  readonly worstTensor: string;
  /** Absolute, over the logits of the evaluation rows. */
  readonly logits: number;
  readonly predictions: { readonly count: number; readonly equal: number };
}

/**
 * Holds a replay against the `expected/` of its job.
 * @param withoutInfluence trained tensors whose value no output depends on, so that rounding alone decides it
 * @throws RangeError if steps, tensors or rows are not the same ones
 */
export async function compareTraining(
  replay: Replay,
  jobFolder: string,
  withoutInfluence: RegExp | null,
): Promise<TrainingDifferences> {
  const expected = join(jobFolder, "expected");
  const steps = await readJsonLines<{ loss: number; gradientNorm: number }>(join(expected, "losses.jsonl"));
  const trained = await readTensors(join(expected, "trained.safetensors"));
  const rows = await readJsonLines<{ batch: number; row: number; logits: number[] }>(
    join(expected, "predictions.jsonl"),
  );
  requireSame("steps", [replay.steps.length], [steps.length]);
  requireSame("trained tensors", [...replay.trained.keys()].sort(), [...trained.keys()].sort());
  const placeOf = ({ batch, row }: { batch: number; row: number }): string => `${batch}:${row}`;
  requireSame("evaluation rows", replay.logits.map(placeOf), rows.map(placeOf));

  const worstOfSteps = (key: "loss" | "gradientNorm"): number =>
    Math.max(
      ...steps.map((step, index) => relativeDifference(replay.steps[index]?.[key] ?? Number.NaN, step[key])),
    );
  const values = [...trained]
    .filter(([name]) => withoutInfluence?.test(name) !== true)
    .map(([name, reference]) => ({
      name,
      difference: largestDifference(replay.trained.get(name) ?? [], reference),
    }))
    .toSorted((a, b) => b.difference - a.difference);
  const logits = rows.map(({ logits: reference }, index) => {
    const found = replay.logits[index]?.logits ?? [];
    return {
      difference: largestDifference(found, reference),
      isEqual: indexOfLargest(found) === indexOfLargest(reference),
    };
  });
  return {
    steps: steps.length,
    loss: worstOfSteps("loss"),
    gradientNorm: worstOfSteps("gradientNorm"),
    values: values[0]?.difference ?? 0,
    worstTensor: values[0]?.name ?? "",
    logits: Math.max(...logits.map(({ difference }) => difference)),
    predictions: { count: logits.length, equal: logits.filter(({ isEqual }) => isEqual).length },
  };
}

function requireSame(what: string, found: readonly unknown[], expected: readonly unknown[]): void {
  const [ours, theirs] = [found.join(" "), expected.join(" ")];
  if (ours !== theirs) throw new RangeError(`The ${what} are ${ours}; the job has ${theirs}.`);
}

function indexOfLargest(values: readonly number[]): number {
  return values.indexOf(Math.max(...values));
}
