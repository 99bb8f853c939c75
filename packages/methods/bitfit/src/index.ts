import type { MethodStage } from "@peftbench/peft";
import { defineMethod, MethodError } from "@peftbench/peft";
import { z } from "zod";

/** BitFit: the biases of the model train, of linear layers and of norms, and nothing else (arXiv 2106.10199). */
export const bitfit = defineMethod<Record<string, never>>({
  id: "bitfit",
  title: "BitFit",
  source: "arXiv 2106.10199",
  configSchema: z.strictObject({}),
  attach: ({ parameters }) => {
    const biases = new Set(
      parameters
        .filter(({ name, role }) => role !== "head" && name.endsWith(".bias"))
        .map(({ name }) => name),
    );
    if (biases.size === 0) {
      throw new MethodError(
        "The model has no biases, which are all that BitFit trains. Choose another method.",
      );
    }
    const stage: MethodStage = {
      name: "bitfit",
      fromStep: 0,
      parameters: [],
      trainsBase: (name) => biases.has(name),
    };
    return { stages: [stage], mergedWeight: () => null, toPeft: () => null, fromPeft: () => new Map() };
  },
});
