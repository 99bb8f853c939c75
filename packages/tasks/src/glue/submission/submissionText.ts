import { TaskArgumentError } from "../../errors.ts";
import type { TaskDefinition } from "../../task.ts";

/**
 * A file as GLUE's server takes it: the header `index<TAB>prediction`, then a line for each example with the label as the
 * task's files write it (`entailment`, `1`) or, in regression, the score, held within the task's range.
 * @param predictions class numbers or scores, finite, one for each index
 */
export function submissionText(
  task: TaskDefinition,
  indices: readonly string[],
  predictions: readonly number[],
): string {
  if (indices.length !== predictions.length) {
    throw new TaskArgumentError(`Found ${predictions.length} predictions for ${indices.length} examples.`);
  }
  const lines = indices.map((index, row) => `${index}\t${answer(task, predictions[row] ?? Number.NaN)}\n`);
  return `index\tprediction\n${lines.join("")}`;
}

function answer(task: TaskDefinition, prediction: number): string {
  if (task.kind === "regression") {
    if (!Number.isFinite(prediction)) throw new TaskArgumentError(`Found the score ${prediction}.`);
    const { min, max } = task.range;
    return Math.min(max, Math.max(min, prediction)).toFixed(6);
  }
  const label = task.labels[prediction];
  if (label !== undefined) return label.value;
  throw new TaskArgumentError(
    `Found the class ${prediction}; expected a number from 0 to ${task.labels.length - 1}.`,
  );
}
