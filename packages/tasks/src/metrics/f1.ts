import { TaskArgumentError } from "../errors.ts";
import type { Metric } from "./metric.ts";
import { unscorable } from "./metric.ts";

/**
 * F1 of the class numbered 1 (harmonic mean of its precision and recall), for two classes.
 * Where class 1 is neither predicted nor present it is 0, as scikit-learn has it.
 */
export const f1: Metric<"f1"> = {
  name: "f1",
  title: "F1",
  higherIsBetter: true,
  compute(predictions, references) {
    const none = unscorable(predictions, references);
    if (none !== null) return none;
    const count = references.length;
    let truePositives = 0;
    let positives = 0;
    for (let index = 0; index < count; index++) {
      const predicted = binaryClass(predictions[index], "Prediction", index);
      const actual = binaryClass(references[index], "Reference", index);
      truePositives += predicted * actual;
      positives += predicted + actual;
    }
    return { value: positives === 0 ? 0 : (2 * truePositives) / positives, count };
  },
};

function binaryClass(value: number | undefined, what: string, index: number): 0 | 1 {
  if (value === 0 || value === 1) return value;
  throw new TaskArgumentError(
    `${what} ${index} is ${value}; F1 expected class 0 or 1. Use it for tasks of two classes.`,
  );
}
