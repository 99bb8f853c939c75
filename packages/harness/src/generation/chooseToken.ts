import type { Random } from "@peftbench/runtime";

/** How the next token is drawn; without a temperature it is the most likely one. */
export interface Sampling {
  /** Divides the logits: above 0. */
  readonly temperature: number;
  /** Only so many of the most likely tokens are drawn from; null: all. */
  readonly topK: number | null;
  /** Only the most likely tokens whose probabilities reach this sum together; null: all (Holtzman et al. 2020). */
  readonly topP: number | null;
}

/** The most likely token, the first of equals. @param logits shape [vocabulary] */
export function mostLikely(logits: ArrayLike<number>): number {
  let best = 0;
  for (let token = 1; token < logits.length; token++) {
    if ((logits[token] as number) > (logits[best] as number)) best = token;
  }
  return best;
}

/**
 * Draws a token, in `transformers`' order: temperature, then the k most likely, then the nucleus.
 * @throws {RangeError} for options that leave nothing to draw from
 */
export function drawToken(logits: ArrayLike<number>, sampling: Sampling, random: Random): number {
  const { temperature, topK, topP } = sampling;
  if (!(temperature > 0)) {
    throw new RangeError(
      `The temperature is ${temperature}; expected more than 0, or none for the most likely.`,
    );
  }
  if (topK !== null && !(Number.isInteger(topK) && topK >= 1)) {
    throw new RangeError(`topK is ${topK}; expected a whole number of at least 1.`);
  }
  if (topP !== null && !(topP > 0 && topP <= 1)) {
    throw new RangeError(`topP is ${topP}; expected a share above 0, at most 1.`);
  }
  const order = Array.from({ length: logits.length }, (_, token) => token).sort(
    (a, b) => (logits[b] as number) - (logits[a] as number) || a - b,
  );
  const likely = topK === null ? order : order.slice(0, topK);
  const largest = logits[likely[0] as number] as number;
  const weights = likely.map((token) => Math.exp(((logits[token] as number) - largest) / temperature));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const kept = topP === null ? weights : nucleus(weights, topP * total);
  const draw = random.uniform() * kept.reduce((sum, weight) => sum + weight, 0);
  let reached = 0;
  for (const [place, weight] of kept.entries()) {
    reached += weight;
    if (draw < reached) return likely[place] as number;
  }
  return likely[kept.length - 1] as number;
}

/** The first weights, until their sum reaches `enough`; at least one. */
function nucleus(weights: readonly number[], enough: number): readonly number[] {
  let sum = 0;
  const last = weights.findIndex((weight) => {
    sum += weight;
    return sum >= enough;
  });
  return weights.slice(0, last === -1 ? weights.length : last + 1);
}
