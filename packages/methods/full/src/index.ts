import type { MethodStage } from "@peftbench/peft";
import { defineMethod } from "@peftbench/peft";
import { z } from "zod";

/** Full fine-tuning: every parameter trains. The baseline that the others are measured against. */
export const full = defineMethod<Record<string, never>>({
  id: "full",
  title: "Full fine-tuning",
  source: "Every pretrained parameter is trained; no adapter.",
  configSchema: z.strictObject({}),
  attach: () => {
    const stage: MethodStage = { name: "full", fromStep: 0, parameters: [], trainsBase: () => true };
    return {
      stages: [stage],
      mergedWeight: () => null,
      toPeft: () => null,
      fromPeft: () => new Map(),
    };
  },
});
