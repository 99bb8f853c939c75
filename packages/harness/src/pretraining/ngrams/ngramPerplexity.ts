import type { TokenRows } from "../rows.ts";
import type { TrigramModel } from "./kneserNey.ts";

/** A token of a row that is to be told from its neighbours. */
export interface HiddenToken {
  readonly row: number;
  readonly place: number;
}

export interface NgramPerplexities {
  readonly tokens: number;
  readonly unigram: number;
  readonly trigram: number;
  readonly twoSided: number;
}

/**
 * Perplexity of hidden tokens. `trigram` reads the two true tokens before each; `twoSided` also the two after it: the
 * posterior of the same model, P(w | a b _ c d) ~ P(w | a b) P(c | b w) P(d | w c), over all w of the vocabulary. Neighbours
 * are the row's true tokens, those hidden from the encoder included, which is to the n-grams' advantage.
 */
export function ngramPerplexities(
  model: TrigramModel,
  rows: TokenRows,
  hidden: readonly HiddenToken[],
  vocabularySize: number,
): NgramPerplexities {
  let [unigram, trigram, twoSided] = [0, 0, 0];
  for (const { row, place } of hidden) {
    const end = rows.lengths[row] as number;
    const at = (other: number): number | null =>
      other < 0 || other >= end ? null : (rows.ids[row * rows.length + other] as number);
    const truth = at(place) as number;
    const score = (token: number): number => fromLeft(model, at(place - 2), at(place - 1), token);
    unigram -= Math.log(model.unigram(truth));
    trigram -= Math.log(score(truth));
    let [total, ofTruth] = [0, 0];
    const [before, next, afterNext] = [at(place - 1), at(place + 1), at(place + 2)];
    for (let token = 0; token < vocabularySize; token++) {
      let joint = score(token);
      if (next !== null) joint *= fromLeft(model, before, token, next);
      if (next !== null && afterNext !== null) joint *= model.trigram(token, next, afterNext);
      total += joint;
      if (token === truth) ofTruth = joint;
    }
    twoSided -= Math.log(ofTruth / total);
  }
  const perplexity = (sum: number): number => Math.exp(sum / hidden.length);
  return {
    tokens: hidden.length,
    unigram: perplexity(unigram),
    trigram: perplexity(trigram),
    twoSided: perplexity(twoSided),
  };
}

function fromLeft(model: TrigramModel, first: number | null, second: number | null, token: number): number {
  if (second === null) return model.unigram(token);
  return first === null ? model.bigram(second, token) : model.trigram(first, second, token);
}
