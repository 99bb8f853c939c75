import { attachMethod, buildTrainingGraph } from "@peftbench/peft";
import { smallBert as model } from "@peftbench/peft/conformance";
import { describe, expect, it } from "vitest";
import { linearProbe } from "./index.ts";

describe("the linear probe", () => {
  const attachment = attachMethod(linearProbe, model, {}, { totalSteps: 10 });

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
