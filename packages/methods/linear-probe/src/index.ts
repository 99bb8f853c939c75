import { bareModel, defineMethod, MethodError } from "@peftbench/peft";
import { z } from "zod";

/** Linear probe: the head alone trains, on a frozen encoder. What the pretrained features are worth by themselves. */
export const linearProbe = defineMethod<Record<string, never>>({
  id: "linear-probe",
  title: "Linear probe",
  source: "Nothing but the task head is trained.",
  configSchema: z.strictObject({}),
  attach: ({ parameters }) => {
    if (parameters.every(({ role }) => role !== "head")) {
      throw new MethodError(
        "The model has no head of its own, which is all that a linear probe trains. Choose another method.",
      );
    }
    return {
      stages: [bareModel],
      mergedWeight: () => null,
      toPeft: () => null,
      fromPeft: () => new Map(),
    };
  },
});
