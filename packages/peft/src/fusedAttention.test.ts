import type { AttentionKind } from "@peftbench/models";
import type { Graph } from "@peftbench/runtime";
import {
  applySavePolicy,
  createCpuExecutor,
  deviceProfiles,
  planMemory,
  savePolicies,
} from "@peftbench/runtime";
import { describe, expect, it } from "vitest";
import { CLASSIFIER_PARAMETERS, encoderShape } from "./conformance/models.ts";
import type { MethodStage } from "./index.ts";
import { bareModel, buildEvaluationGraph, buildTrainingGraph } from "./index.ts";
import { runModelAttentionChecks } from "./testing/attentionChecks.ts";

runModelAttentionChecks("a model with fused attention on the CPU executor", () =>
  createCpuExecutor({ threads: 1 }),
);

describe("the plan of a model with fused attention", () => {
  // Longer than all else is wide, so that nothing but scores has so many elements.
  const batch = { rows: 2, length: 96 };
  const heads = 4;
  const scores = batch.rows * heads * batch.length ** 2;
  const model = encoderShape(
    { layers: 2, hidden: 16, intermediate: 32, heads, vocabulary: 19, positions: 96 },
    CLASSIFIER_PARAMETERS,
  );
  const everything: MethodStage = { ...bareModel, trainsBase: () => true };
  const training = (attention: AttentionKind): Graph =>
    buildTrainingGraph(model, everything, {
      batch,
      attention,
      optimizer: { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0, maxGradientNorm: null },
      decayBiasesAndNorms: true,
      headLearningRateScale: 1,
      kind: "step",
      dropout: null,
    });
  const elements = ({ values }: Graph): readonly number[] =>
    values.map(({ shape }) => shape.reduce((product, size) => product * size, 1));

  it.each(savePolicies)("has no tensor of the size of the scores, under %s", (policy) => {
    const planned = (attention: AttentionKind): readonly number[] =>
      elements(applySavePolicy(training(attention), policy));
    expect(Math.max(...planned("materialized"))).toBe(scores);
    expect(Math.max(...planned("fused"))).toBeLessThan(scores / 4);
  });

  it.each(savePolicies)("peaks lower, under %s", (policy) => {
    const peak = (attention: AttentionKind): number =>
      planMemory(applySavePolicy(training(attention), policy), deviceProfiles.generic).peakLiveBytes;
    expect(peak("fused")).toBeLessThan(peak("materialized") / 2);
  });

  it("has no such tensor in evaluation either", () => {
    const graph = (attention: AttentionKind): Graph =>
      buildEvaluationGraph(model, everything, batch, attention);
    expect(Math.max(...elements(graph("materialized")))).toBe(scores);
    expect(Math.max(...elements(graph("fused")))).toBeLessThan(scores / 4);
  });
});
