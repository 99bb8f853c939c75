import { TaskArgumentError } from "../errors.ts";

/** A metric's value over `count` examples, or null with the reason why there is none: never NaN. */
export type MetricResult =
  | { readonly value: number; readonly count: number }
  | { readonly value: null; readonly count: number; readonly reason: string };

/** Numbers in a row: an array or a typed array. */
export type NumberList = ArrayLike<number>;

/** A way of scoring predictions against the true labels. */
export interface Metric<Name extends string = string> {
  readonly name: Name;
  readonly title: string;
  readonly higherIsBetter: boolean;
  /**
   * @param predictions class numbers, or scores for a correlation; shape [count]
   * @param references the true labels in the same order; shape [count]
   * @throws {TaskArgumentError} where the two differ in length, a reference is not finite, or a class is not one
   */
  readonly compute: (predictions: NumberList, references: NumberList) => MetricResult;
}

/**
 * The checks that all metrics share: a null result where there is nothing to score, null to go on.
 * A prediction that is not finite comes out of a diverged model, so it is a result, not a mistake of the caller's.
 */
export function unscorable(predictions: NumberList, references: NumberList): MetricResult | null {
  const count = references.length;
  if (predictions.length !== count) {
    throw new TaskArgumentError(
      `Found ${predictions.length} predictions for ${count} references; expected as many. Pass one prediction an example.`,
    );
  }
  for (let index = 0; index < count; index++) {
    if (!Number.isFinite(references[index])) {
      throw new TaskArgumentError(
        `Reference ${index} is ${references[index]}; expected a finite number. Check how labels were read.`,
      );
    }
  }
  for (let index = 0; index < count; index++) {
    if (!Number.isFinite(predictions[index])) {
      return { value: null, count, reason: `prediction ${index} is ${predictions[index]}` };
    }
  }
  return count === 0 ? { value: null, count, reason: "there are no examples" } : null;
}
