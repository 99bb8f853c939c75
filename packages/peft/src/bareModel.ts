import type { MethodStage } from "./method.ts";

/** The model as it is, frozen, with no method attached: what step 0 and a merged adapter are held against. */
export const bareModel: MethodStage = {
  name: "bare model",
  fromStep: 0,
  parameters: [],
  trainsBase: () => false,
};
