import { bareModel, defineMethod } from "@peftbench/peft";
import { z } from "zod";

/** Linear probe: the head alone trains, on a frozen encoder. What the pretrained features are worth by themselves. */
export const linearProbe = defineMethod<Record<string, never>>({
  id: "linear-probe",
  title: "Linear probe",
  source: "Nothing but the task head is trained.",
  configSchema: z.strictObject({}),
  attach: () => ({
    stages: [bareModel],
    mergedWeight: () => null,
    toPeft: () => null,
    fromPeft: () => new Map(),
  }),
});
