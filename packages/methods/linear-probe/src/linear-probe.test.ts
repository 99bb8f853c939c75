import { attachMethod, buildTrainingGraph } from "@peftbench/peft";
import { countedModel, smallBert as model, publishedModels } from "@peftbench/peft/conformance";
import { describe, expect, it } from "vitest";
import { linearProbe } from "./index.ts";

describe("the linear probe", () => {
  const attachment = attachMethod(linearProbe, model, {}, { totalSteps: 10 });

  it("is refused by a model without a head of its own", () => {
    const tied = countedModel(publishedModels.llama32With3B.declared, true);
    expect(() => attachMethod(linearProbe, tied, {}, { totalSteps: 10 })).toThrow(
      /no head of its own.*another method/,
    );
  });

  it("keeps no activation of the encoder for backward", () => {
    const [stage] = attachment.stages;
    if (stage === undefined) throw new Error("no stage");
    const graph = buildTrainingGraph(model, stage, {
      batch: { rows: 2, length: 8 },
      optimizer: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, maxGradientNorm: 1 },
      decayBiasesAndNorms: true,
      headLearningRateScale: 1,
      kind: "step",
      dropout: 0,
    });
    const updated = graph.states.map(({ name }) => name).filter((name) => !name.includes("::"));
    expect(updated.toSorted()).toEqual(["classifier.bias", "classifier.weight"]);
    expect(
      graph.nodes.filter(({ phase, scope }) => phase === "backward" && scope.includes("encoder")),
    ).toEqual([]);
  });
});
