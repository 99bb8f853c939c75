import type { MethodAttachment } from "@peftbench/peft";
import type { RankHistory } from "../result/schema.ts";
import type { Trainer } from "./trainer.ts";

/** Moments of a run that its ranks are kept of, the first and the last apart. */
const MOMENTS_BETWEEN = 19;

/** Whether ranks are to be kept after `stepsDone` of `totalSteps` steps. */
export function isRankMoment(stepsDone: number, totalSteps: number): boolean {
  const interval = Math.max(1, Math.ceil(totalSteps / (MOMENTS_BETWEEN + 1)));
  return stepsDone === totalSteps || stepsDone % interval === 0;
}

/**
 * The history with the ranks of this moment at its end; null for a method that has no ranks. A moment that is there
 * already, as a resumed run comes by it again, is replaced.
 */
export async function withRanksNow(
  history: RankHistory | null,
  attachment: MethodAttachment,
  trainer: Trainer,
  stepsDone: number,
): Promise<RankHistory | null> {
  if (attachment.ranks === undefined) return null;
  const values = new Map<string, Float32Array>();
  for (const name of attachment.ranks.tensors) values.set(name, await trainer.read(name));
  const found = attachment.ranks.at((name) => {
    const value = values.get(name);
    if (value === undefined) throw new RangeError(`Ranks were to be read without ${name}.`);
    return value;
  });
  const moment = {
    step: stepsDone,
    ranks: found.map(({ rank }) => rank),
    parameters: found.reduce((sum, { parameters }) => sum + parameters, 0),
  };
  const before = (history?.moments ?? []).filter(({ step }) => step < stepsDone);
  return { modules: found.map(({ module }) => module), moments: [...before, moment] };
}
