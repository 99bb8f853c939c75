import { attachMethod, buildTrainingGraph, countParameters, MethodError } from "@peftbench/peft";
import { CLASSIFIER_PARAMETERS, encoderShape, PUBLISHED_SIZES } from "@peftbench/peft/conformance";
import { describe, expect, it } from "vitest";
import { linearProbe } from "./index.ts";

// The conformance suite asks of a method that it learns with the head frozen, which this one cannot: it has nothing else.
describe("the linear probe", () => {
  const model = encoderShape(PUBLISHED_SIZES.base, CLASSIFIER_PARAMETERS);
  const attachment = attachMethod(linearProbe, model, {}, { totalSteps: 10 });

  it("trains nothing but the head", () => {
    expect(countParameters(model, attachment, 10)).toMatchObject({
      trainableInitial: 0,
      trainableAverage: 0,
      trainableFinal: 0,
      head: 2 * 768 + 2,
    });
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

  it("takes no options", () => {
    expect(() => attachMethod(linearProbe, model, { rank: 8 }, { totalSteps: 10 })).toThrow(MethodError);
  });
});
