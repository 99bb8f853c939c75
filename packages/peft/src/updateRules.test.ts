import { GraphBuilder } from "@peftbench/runtime";
import { describe, expect, it } from "vitest";
import { smallBert } from "./conformance/models.ts";
import type { MethodStage, TrainableTensor } from "./index.ts";
import { bareModel, buildTrainingGraph, buildUpdateGraph, trainableTensors } from "./index.ts";
import { applyUpdateRules } from "./updateRules.ts";

const everything: MethodStage = { ...bareModel, trainsBase: () => true };

function rulesOf(declared: TrainableTensor, decayBiasesAndNorms: boolean, headLearningRateScale = 1) {
  const { name, shape, role } = declared;
  const tensor = new GraphBuilder().parameter(name, shape, { role, trainable: true });
  const { tensor: _, ...rest } = applyUpdateRules(tensor, declared, {
    decayBiasesAndNorms,
    headLearningRateScale,
  });
  return rest;
}

describe("applyUpdateRules", () => {
  it("leaves biases and layer norms out of weight decay, as the Trainer of transformers does", () => {
    const undecayed = trainableTensors(smallBert, everything).filter(
      (tensor) => rulesOf(tensor, false).weightDecay === 0,
    );
    // In BERT these are all its vectors, and nothing else.
    const vectors = trainableTensors(smallBert, everything).filter(({ shape }) => shape.length === 1);
    expect(undecayed).toEqual(vectors);
    expect(undecayed.map(({ name }) => name)).toContain("bert.embeddings.LayerNorm.weight");
    expect(undecayed.map(({ name }) => name)).toContain("classifier.bias");
  });

  it("decays everything where it is asked to", () => {
    for (const tensor of trainableTensors(smallBert, everything)) {
      expect(rulesOf(tensor, true)).toEqual({});
    }
  });

  it("decays adapters whatever they are called, unless the method says otherwise", () => {
    const adapter = { name: "x.LayerNorm.lora_bias", shape: [2], role: "adapterWeight" } as const;
    expect(rulesOf(adapter, false)).toEqual({});
    expect(rulesOf({ ...adapter, weightDecay: 0.3 }, false)).toEqual({ weightDecay: 0.3 });
    expect(rulesOf({ ...adapter, weightDecay: 0 }, true)).toEqual({ weightDecay: 0 });
  });

  it("scales the head's learning rate, and leaves that of the rest to the method", () => {
    const head = { name: "classifier.weight", shape: [2, 2], role: "head" } as const;
    const adapter = { name: "b", shape: [2], role: "adapterWeight", learningRateScale: 16 } as const;
    expect(rulesOf(head, true, 0.5)).toEqual({ learningRateScale: 0.5 });
    expect(rulesOf(adapter, true, 0.5)).toEqual({ learningRateScale: 16 });
  });

  it("is the same in a step's graph and in that of an accumulated update", () => {
    const optimizer = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0.5, maxGradientNorm: null };
    const rules = { optimizer, decayBiasesAndNorms: false, headLearningRateScale: 3 };
    const batch = { rows: 2, length: 3 };
    const step = buildTrainingGraph(smallBert, everything, { ...rules, batch, kind: "step", dropout: 0 });
    const update = buildUpdateGraph(smallBert, everything, rules);
    const decays = ({ nodes, values }: typeof step) =>
      nodes
        .filter(({ op }) => op === "adamw")
        .map(({ inputs, attributes }) => [values[inputs[0] as number]?.name, attributes]);
    expect(decays(update)).toEqual(decays(step));
    const decayed = decays(step).filter(
      ([, attributes]) => (attributes as typeof optimizer).weightDecay === 0.5,
    );
    const matrices = trainableTensors(smallBert, everything).filter(({ shape }) => shape.length === 2);
    expect(decayed.map(([name]) => name)).toEqual(matrices.map(({ name }) => name));
  });
});
