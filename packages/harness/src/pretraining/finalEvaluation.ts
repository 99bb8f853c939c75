import { join } from "node:path";
import { InterruptedError } from "../grid/executeCell.ts";
import type { PretrainingConfig, PretrainingPhase } from "./config.ts";
import type { PretrainingContext } from "./context.ts";
import { maskingOf } from "./context.ts";
import { readPretrainingEvents } from "./events.ts";
import { heldOutLosses, perplexityOf } from "./heldOut.ts";
import { trainTrigrams } from "./ngrams/kneserNey.ts";
import type { NgramPerplexities } from "./ngrams/ngramPerplexity.ts";
import { ngramPerplexities } from "./ngrams/ngramPerplexity.ts";
import type { CorpusStatistics, PreparedText } from "./prepareText.ts";
import type { Pretrainer } from "./pretrainer.ts";
import type { TokenRows } from "./rows.ts";

/** What a run came to: the figures of its model card. */
export interface PretrainingOutcome {
  /** Numbers in the exported weights. */
  readonly parameters: number;
  readonly vocabularySize: number;
  readonly corpora: readonly CorpusStatistics[];
  /** By phase. */
  readonly trainRows: readonly number[];
  readonly heldOutRows: number;
  /** Padding not included. */
  readonly tokensTrained: number;
  readonly trainMs: number;
  /** Of masked tokens, of every step. */
  readonly losses: readonly number[];
  readonly nextSentenceLosses: readonly number[];
  readonly heldOut: readonly { readonly step: number; readonly perplexity: number }[];
  /** Of the encoder on masked held-out tokens. */
  readonly perplexity: number;
  readonly maskedTokens: number;
  readonly ngrams: NgramPerplexities;
  /** Of the encoder on the very tokens that the n-gram models were asked for. */
  readonly perplexityOnNgramTokens: number;
  readonly executor: string;
  readonly runtime: string;
}

/** The encoder and n-gram models of the same training text on the same held-out tokens. */
export async function evaluateFinally(
  config: PretrainingConfig,
  context: PretrainingContext,
  text: PreparedText,
  pretrainer: Pretrainer,
  facts: Pick<PretrainingOutcome, "parameters">,
): Promise<PretrainingOutcome> {
  context.say("Evaluating on held-out text ...");
  const { hidden, losses } = await heldOutLosses(pretrainer, text.heldOut, {
    ...maskingOf(config, text, "evaluation"),
    rowCount: config.evaluation.finalRows,
    batchRows: (config.training.phases.at(-1) as PretrainingPhase).batchRows,
    seed: config.training.seed,
  });
  if (context.signal.aborted) throw new InterruptedError(String(context.signal.reason));
  context.say("Counting n-grams ...");
  const vocabularySize = text.vocabulary.length;
  // Long rows cut fewer trigrams in two.
  const trigrams = trainTrigrams(text.train.at(-1) as TokenRows, vocabularySize);
  // Evenly spaced, so that every corpus has its share.
  const wanted = Math.min(config.evaluation.ngramTokens, hidden.length);
  const chosen = Array.from({ length: wanted }, (_, index) => Math.floor((index * hidden.length) / wanted));
  const asked = chosen.map((index) => hidden[index] as (typeof hidden)[number]);
  const ngrams = ngramPerplexities(trigrams, text.heldOut, asked, vocabularySize);
  const events = readPretrainingEvents(join(context.runFolder, "events.jsonl"));
  const steps = events.filter((event) => event.type === "step");
  return {
    ...facts,
    vocabularySize,
    corpora: text.corpora,
    trainRows: text.train.map(({ count }) => count),
    heldOutRows: text.heldOut.count,
    tokensTrained: steps.reduce((sum, { tokens }) => sum + tokens, 0),
    trainMs: steps.reduce((sum, { stepMs }) => sum + stepMs, 0),
    losses: steps.map(({ tokenLoss }) => tokenLoss ?? Number.NaN),
    nextSentenceLosses: steps.map(({ nextSentenceLoss }) => nextSentenceLoss ?? Number.NaN),
    heldOut: events.flatMap((event) => (event.type === "heldOut" ? [event] : [])),
    perplexity: perplexityOf(losses),
    maskedTokens: losses.length,
    ngrams,
    perplexityOnNgramTokens: perplexityOf(Float64Array.from(chosen, (index) => losses[index] as number)),
    executor: context.executor.description,
    runtime: context.runtime,
  };
}
