import { languageBatch } from "../language/languageBatch.ts";
import type { OptionChoice } from "../language/scoring.ts";
import { chooseOption, scoreExamples } from "../language/scoring.ts";
import type { Prediction } from "../result/predictions.ts";
import type { PreparedSplit } from "../training/assemble.ts";
import type { CellWork, SplitMetrics } from "../training/cellWork.ts";
import { majorityBaseline } from "../training/metrics.ts";
import type { ChoiceItem } from "./choiceItems.ts";

/** Names of the two ways to choose by likelihood: plain, and divided by an option's characters. */
export const CHOICE_METRICS = { plain: "accuracy", normalized: "accuracy-normalized" } as const;

/**
 * Questions with options: a decoder learns the right option behind its context, and chooses the option that it holds
 * likeliest. Predictions are by plain likelihood; their scores are the options' log-likelihoods.
 * @param itemsOf the questions of a split as tokens, in the order of its examples
 */
export function choiceWork(
  itemsOf: (split: PreparedSplit) => readonly ChoiceItem[],
  padTokenId: number,
): CellWork {
  return {
    batchOf: (split, { exampleIndices, bucketLength }, batchSize) => {
      const items = itemsOf(split);
      const examples = [...exampleIndices].map((index) => rightOption(items[index] as ChoiceItem));
      const batch = languageBatch(examples, { rows: batchSize, length: bucketLength, padTokenId });
      return { batch, tokens: examples.reduce((sum, { ids }) => sum + ids.length, 0) };
    },
    predict: async (trainer, split, { batchSize, buckets }, betweenBatches) => {
      const items = itemsOf(split);
      const layout = { rows: batchSize, padTokenId, lengths: buckets };
      const patient = {
        tokenLosses: async (batch: Parameters<typeof trainer.tokenLosses>[0]) => {
          await betweenBatches();
          return trainer.tokenLosses(batch);
        },
      };
      const scores = await scoreExamples(
        patient,
        items.flatMap(({ options }) => options),
        layout,
      );
      let place = 0;
      return split.examples.map((example, index): Prediction => {
        const item = items[index] as ChoiceItem;
        const own = scores.slice(place, place + item.options.length);
        place += item.options.length;
        const values = own.map(({ logLikelihood }) => logLikelihood);
        return {
          exampleId: example.id,
          label: example.label,
          prediction: values.every(Number.isFinite) ? choiceOf(item, values).plain : null,
          scores: values.map((value) => (Number.isFinite(value) ? value : null)),
        };
      });
    },
    score: (split, predictions, name) => scoreChoices(itemsOf(split), predictions, name),
    baselines: (train, dev) =>
      majorityBaseline(
        { kind: "classification", metrics: { primary: "accuracy", names: ["accuracy"] } },
        train.examples.map(({ label }) => label),
        dev.examples.map(({ label }) => label),
      ),
  };
}

export function rightOption({ options, answer }: ChoiceItem): ChoiceItem["options"][number] {
  const option = options[answer];
  if (option === undefined) throw new RangeError(`Found answer ${answer} of ${options.length} options.`);
  return option;
}

function choiceOf({ optionCharacters }: ChoiceItem, logLikelihoods: readonly number[]): OptionChoice {
  return chooseOption(
    logLikelihoods.map((logLikelihood, option) => ({
      score: { logLikelihood },
      characters: optionCharacters[option] ?? 0,
    })),
  );
}

function scoreChoices<Split extends string>(
  items: readonly ChoiceItem[],
  predictions: readonly Prediction[],
  split: Split,
): SplitMetrics<Split> {
  const chosen = predictions.map(({ prediction, scores }, index) =>
    prediction === null
      ? null
      : choiceOf(
          items[index] as ChoiceItem,
          scores.map((score) => score ?? Number.NaN),
        ),
  );
  return (["plain", "normalized"] as const).map((way) => {
    const right = chosen.filter((choice, index) => choice?.[way] === predictions[index]?.label).length;
    return {
      name: CHOICE_METRICS[way],
      value: predictions.length === 0 ? null : right / predictions.length,
      count: predictions.length,
      higherIsBetter: true,
      primary: way === "plain",
      split,
      reason: predictions.length === 0 ? "there are no examples" : null,
    };
  });
}
