import type { Trainer } from "../training/trainer.ts";
import type { LanguageBatchOptions, LanguageExample } from "./languageBatch.ts";
import { languageBatch } from "./languageBatch.ts";

/** What a model says of the tokens behind a prompt. */
export interface ScoredExample {
  /** Natural logarithm of the probability of all of them. */
  readonly logLikelihood: number;
  /** How many they are. */
  readonly tokens: number;
}

/**
 * Scores examples, those of like length together, each in the shortest of the lengths that holds it.
 * @param lengths of batches, rising
 * @throws {RangeError} for an example longer than all of them
 */
export async function scoreExamples(
  trainer: Pick<Trainer, "tokenLosses">,
  examples: readonly LanguageExample[],
  {
    rows,
    padTokenId,
    lengths,
  }: Omit<LanguageBatchOptions, "length"> & { readonly lengths: readonly number[] },
): Promise<readonly ScoredExample[]> {
  const scores = new Array<ScoredExample>(examples.length);
  const order = examples.map((_, index) => index).sort((a, b) => sizeOf(examples[a]) - sizeOf(examples[b]));
  for (const length of lengths) {
    const shorter = lengths[lengths.indexOf(length) - 1] ?? 0;
    const own = order.filter((index) => {
      const size = sizeOf(examples[index]);
      return size <= length && size > shorter;
    });
    for (let first = 0; first < own.length; first += rows) {
      const part = own.slice(first, first + rows);
      const chosen = part.map((index) => examples[index] as LanguageExample);
      const losses = await trainer.tokenLosses(languageBatch(chosen, { rows, length, padTokenId }));
      part.forEach((index, row) => {
        const { ids, promptLength } = chosen[row] as LanguageExample;
        const scored = losses.subarray(row * length + promptLength - 1, row * length + ids.length - 1);
        scores[index] = {
          logLikelihood: -scored.reduce((sum, loss) => sum + loss, 0),
          tokens: scored.length,
        };
      });
    }
  }
  const missing = examples.findIndex((_, index) => scores[index] === undefined);
  if (missing !== -1) {
    throw new RangeError(
      `Example ${missing} has ${sizeOf(examples[missing])} tokens; expected at most ${lengths.at(-1)}.`,
    );
  }
  return scores;
}

function sizeOf(example: LanguageExample | undefined): number {
  return example?.ids.length ?? 0;
}

/** exp of the mean negative log-probability of a token. */
export function perplexityOf(scores: readonly ScoredExample[]): number {
  const tokens = scores.reduce((sum, score) => sum + score.tokens, 0);
  return Math.exp(-scores.reduce((sum, { logLikelihood }) => sum + logLikelihood, 0) / tokens);
}

/** Which option of a question a model holds likeliest. */
export interface OptionChoice {
  /** By the options' likelihoods. */
  readonly plain: number;
  /** By the same divided by the options' lengths in characters, as lm-evaluation-harness' `acc_norm` has it. */
  readonly normalized: number;
}

/** @param options scores of a question's options, with the characters of each option's text */
export function chooseOption(
  options: readonly { readonly score: Pick<ScoredExample, "logLikelihood">; readonly characters: number }[],
): OptionChoice {
  const highest = (of: (option: (typeof options)[number]) => number): number => {
    const values = options.map(of);
    return values.indexOf(Math.max(...values));
  };
  return {
    plain: highest(({ score }) => score.logLikelihood),
    normalized: highest(({ score, characters }) => score.logLikelihood / characters),
  };
}
