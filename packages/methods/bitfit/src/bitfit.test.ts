import { attachMethod } from "@peftbench/peft";
import { countedModel, publishedModels } from "@peftbench/peft/conformance";
import { expect, it } from "vitest";
import { bitfit } from "./index.ts";

it("is refused by a model without biases", () => {
  const model = countedModel(publishedModels.llama2With7B.declared, true);
  expect(() => attachMethod(bitfit, model, {}, { totalSteps: 10 })).toThrow(/no biases.*another method/);
});
