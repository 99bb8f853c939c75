import type { Metric } from "./metric.ts";
import { unscorable } from "./metric.ts";

/** The share of examples whose predicted class is the true one. */
export const accuracy: Metric<"accuracy"> = {
  name: "accuracy",
  title: "Accuracy",
  higherIsBetter: true,
  compute(predictions, references) {
    const none = unscorable(predictions, references);
    if (none !== null) return none;
    const count = references.length;
    let correct = 0;
    for (let index = 0; index < count; index++) if (predictions[index] === references[index]) correct++;
    return { value: correct / count, count };
  },
};
