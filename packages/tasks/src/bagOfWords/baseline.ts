import type { Example, TaskDefinition } from "../task.ts";
import { buildVocabulary, wordRows } from "./features.ts";
import type { FitOptions } from "./linearModel.ts";
import { fitLogistic, fitRidge, linearOutputs } from "./linearModel.ts";

type LabelledExample = Omit<Example, "id">;

/** Raised by hand whenever the same examples would give other predictions: predictions are kept across runs. */
export const BAG_OF_WORDS_VERSION = 1;

const FIT = { penalty: 1, iterations: 200, tolerance: 1e-4 } as const;

/**
 * What knowing the words of a text alone gives: logistic regression (ridge regression for scores) on which words
 * occur, the words of a pair's two texts kept apart. Neither their order nor their number is seen, and nothing is
 * pretrained, so a model that reads should beat it. Without a choice to make: L2 penalty 1 and tolerance 1e-4, scikit-learn's defaults.
 * @param train at least one example
 * @returns for each of `dev` a class number, or a score within the task's range
 */
export function bagOfWordsBaseline(
  train: readonly LabelledExample[],
  dev: readonly LabelledExample[],
  task: TaskDefinition,
): readonly number[] {
  const vocabulary = buildVocabulary(train);
  const rows = wordRows(train, vocabulary);
  const labels = train.map(({ label }) => label);
  const options: FitOptions = { ...FIT, featureCount: vocabulary.size };
  if (task.kind === "regression") {
    const { min, max } = task.range;
    const model = fitRidge(rows, labels, options);
    return linearOutputs(model, wordRows(dev, vocabulary)).map(([score = min]) =>
      Math.min(max, Math.max(min, score)),
    );
  }
  const model = fitLogistic(rows, labels, task.labels.length, options);
  return linearOutputs(model, wordRows(dev, vocabulary)).map((outputs) =>
    model.outputCount === 1 ? Number((outputs[0] ?? 0) > 0) : outputs.indexOf(Math.max(...outputs)),
  );
}
