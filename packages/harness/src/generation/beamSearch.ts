import type { Generator } from "./generator.ts";

export interface BeamOptions {
  readonly newTokens: number;
  /** A sequence ends behind any of them. */
  readonly endTokens: readonly number[];
  /** Sequences that are followed at once, of each prompt. */
  readonly beams: number;
  /** A finished sequence's log-probability is divided by its length to this power: above 0 favours long ones. */
  readonly lengthPenalty: number;
  /** Whether a prompt is done with as many finished sequences as beams; else when none that runs can be better. */
  readonly earlyStopping: boolean;
  /** No sequence has the same so many tokens twice, those before it included; 0: any may. */
  readonly noRepeatNgramSize: number;
}

interface Running {
  /** New tokens. */
  readonly tokens: readonly number[];
  readonly logProbability: number;
}

interface Finished {
  readonly tokens: readonly number[];
  /** Log-probability, divided as the length penalty has it. */
  readonly score: number;
}

/** The search of one prompt. */
interface Search {
  /** Tokens that new ones come behind. */
  readonly before: readonly number[];
  readonly running: readonly Running[];
  /** The best first, at most as many as beams. */
  readonly finished: readonly Finished[];
  /** Whether what runs can still be better than the worst that is finished. */
  readonly canImprove: boolean;
}

/** A running sequence with one token more. */
interface Continuation extends Running {
  /** Which running sequence it goes on from. */
  readonly origin: number;
  readonly isEnded: boolean;
}

/** Stands for a log-probability that nothing is as low as. */
const NEVER = -1e9;

/**
 * Beam search as `transformers` does it: candidates are twice the beams, so that as many go on as there are beams even
 * where others end; those that end count only among the best ones, and their scores are divided by their length.
 * @param generator made for as many rows as prompts times beams, and to reorder
 * @returns the best sequence of each prompt, without the token that ended it
 */
export async function beamSearch(
  generator: Generator,
  prompts: readonly (readonly number[])[],
  options: BeamOptions,
): Promise<readonly (readonly number[])[]> {
  const { beams, newTokens } = options;
  let searches = prompts.map((prompt): Search => {
    // All begin alike: one is enough.
    const running = Array.from({ length: beams }, (_, beam) => ({
      tokens: [],
      logProbability: beam === 0 ? 0 : NEVER,
    }));
    return { before: generator.before(prompt), running, finished: [], canImprove: true };
  });
  let logits = await generator.readPrompts(prompts.flatMap((prompt) => Array(beams).fill(prompt)));
  for (let step = 1; step <= newTokens; step++) {
    const vocabulary = logits.length / (prompts.length * beams);
    const candidates = searches.map((search, index) =>
      bestContinuations(
        search,
        logits.subarray(index * beams * vocabulary, (index + 1) * beams * vocabulary),
        options,
        step === newTokens,
      ),
    );
    searches = searches.map((search, index) =>
      advance(search, candidates[index] as readonly Continuation[], step, options),
    );
    const areDone = searches.every(
      ({ canImprove, finished }) => !canImprove || (options.earlyStopping && finished.length === beams),
    );
    if (areDone || step === newTokens) break;
    const kept = candidates.map((each) => goingOn(each, beams));
    logits = await generator.readTokens(
      kept.flatMap((each) => each.map(({ tokens }) => tokens.at(-1) as number)),
      kept.flatMap((each, index) => each.map(({ origin }) => index * beams + origin)),
    );
  }
  return searches.map(({ finished, running }) => (finished[0] ?? running[0])?.tokens ?? []);
}

/** The likeliest continuations over all beams of a prompt, the best first: twice as many as beams. */
function bestContinuations(
  { before, running }: Search,
  logits: Float32Array,
  { beams, endTokens, noRepeatNgramSize }: BeamOptions,
  isLast: boolean,
): readonly Continuation[] {
  const vocabulary = logits.length / beams;
  const found: { readonly origin: number; readonly token: number; readonly logProbability: number }[] = [];
  const wanted = Math.max(2, 1 + endTokens.length) * beams;
  for (const [origin, { tokens, logProbability }] of running.entries()) {
    const own = logits.subarray(origin * vocabulary, (origin + 1) * vocabulary);
    const banned = repeating([...before, ...tokens], noRepeatNgramSize);
    const normalizer = logSumExp(own);
    for (let token = 0; token < vocabulary; token++) {
      if (banned.has(token)) continue;
      const sum = logProbability + (own[token] as number) - normalizer;
      if (found.length === wanted && sum <= (found.at(-1)?.logProbability ?? NEVER)) continue;
      const place = found.findIndex((each) => each.logProbability < sum);
      found.splice(place === -1 ? found.length : place, 0, { origin, token, logProbability: sum });
      if (found.length > wanted) found.pop();
    }
  }
  return found.map(({ origin, token, logProbability }) => ({
    tokens: [...(running[origin]?.tokens ?? []), token],
    logProbability,
    origin,
    isEnded: isLast || endTokens.includes(token),
  }));
}

/** Those that go on: what has ended only where there are too few others. */
function goingOn(candidates: readonly Continuation[], beams: number): readonly Continuation[] {
  const open = candidates.filter(({ isEnded }) => !isEnded);
  return [...open, ...candidates.filter(({ isEnded }) => isEnded)].slice(0, beams);
}

function advance(
  search: Search,
  candidates: readonly Continuation[],
  step: number,
  { beams, endTokens, lengthPenalty, earlyStopping }: BeamOptions,
): Search {
  const isFull = earlyStopping && search.finished.length === beams;
  const ended =
    isFull || !search.canImprove ? [] : candidates.slice(0, beams).filter(({ isEnded }) => isEnded);
  const finished = [
    ...search.finished,
    ...ended.map(({ tokens, logProbability }) => ({
      tokens: endTokens.includes(tokens.at(-1) as number) ? tokens.slice(0, -1) : tokens,
      score: logProbability / step ** lengthPenalty,
    })),
  ]
    .sort((a, b) => b.score - a.score)
    .slice(0, beams);
  const running = goingOn(candidates, beams);
  const best = running[0]?.isEnded === false ? running[0].logProbability / step ** lengthPenalty : NEVER;
  const worst = finished.length === beams ? (finished.at(-1)?.score ?? NEVER) : NEVER;
  return { ...search, running, finished, canImprove: search.canImprove && best > worst };
}

/** Tokens that would make the last `size` tokens a sequence that was there before. */
function repeating(sequence: readonly number[], size: number): ReadonlySet<number> {
  const banned = new Set<number>();
  if (size === 0 || sequence.length < size) return banned;
  const prefix = sequence.slice(sequence.length - size + 1);
  for (let start = 0; start + size <= sequence.length; start++) {
    if (prefix.every((token, place) => sequence[start + place] === token))
      banned.add(sequence[start + size - 1] as number);
  }
  return banned;
}

function logSumExp(values: Float32Array): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (const value of values) largest = Math.max(largest, value);
  let sum = 0;
  for (const value of values) sum += Math.exp(value - largest);
  return largest + Math.log(sum);
}
