import type { Architecture } from "@peftbench/models";
import { GraphBuilder } from "@peftbench/runtime";
import { describe, expect, it } from "vitest";
import { randomWeights, smallBert } from "./conformance/models.ts";
import type { AdapterParameter, MethodAttachment, MethodStage, ModelShape } from "./index.ts";
import {
  bareModel,
  buildModelGraph,
  buildTrainingGraph,
  initialState,
  MethodError,
  nextStageState,
} from "./index.ts";

const batch = { rows: 2, length: 3 };
const optimizer = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0, maxGradientNorm: null };
const build = (model: ModelShape, stage: MethodStage) =>
  buildModelGraph(new GraphBuilder(), model, stage, batch, null);
const train = (stage: MethodStage) =>
  buildTrainingGraph(smallBert, stage, {
    batch,
    optimizer,
    decayBiasesAndNorms: true,
    headLearningRateScale: 1,
    kind: "step",
    dropout: null,
  });
const architectureThat = (change: Partial<Architecture>): ModelShape => ({
  ...smallBert,
  architecture: { ...smallBert.architecture, ...change },
});
const extra = {
  name: "extra",
  shape: [3],
  trainable: true,
  initialize: () => new Float32Array(3),
};
const attached = (stage: MethodStage): MethodAttachment => ({
  stages: [stage],
  mergedWeight: () => null,
  toPeft: () => null,
  fromPeft: () => new Map(),
});

describe("buildModelGraph", () => {
  it("refuses a parameter that the architecture does not declare", () => {
    const { architecture } = smallBert;
    const parameters: Architecture["parameters"] = (config, head) =>
      architecture.parameters(config, head).filter(({ name }) => !name.endsWith("LayerNorm.weight"));
    expect(() => build(architectureThat({ parameters }), bareModel)).toThrow(
      /declares no parameter bert\.embeddings\.LayerNorm\.weight/,
    );
  });

  it("refuses a linear module that the architecture does not declare", () => {
    expect(() => build(architectureThat({ linearModules: () => [] }), bareModel)).toThrow(
      /declares no linear module bert\.encoder\.layer\.0\.attention\.self\.query/,
    );
  });

  it("refuses a tensor that the stage does not declare", () => {
    const stage: MethodStage = { ...bareModel, linear: (site) => site.base().mul(site.parameter("gain")) };
    expect(() => build(smallBert, stage)).toThrow(MethodError);
    expect(() => build(smallBert, stage)).toThrow(/Stage bare model declares no tensor gain/);
  });

  it("offers every linear module but the head, once and in order, and leaves it as it is for null", () => {
    const offered: string[] = [];
    const stage: MethodStage = {
      ...bareModel,
      linear: ({ module }) => {
        offered.push(module.name);
        return null;
      },
    };
    const [bare, untouched] = [new GraphBuilder(), new GraphBuilder()];
    buildModelGraph(bare, smallBert, bareModel, batch, null);
    buildModelGraph(untouched, smallBert, stage, batch, null);
    const { architecture, config, head } = smallBert;
    const modules = architecture.linearModules(config, head).map(({ name }) => name);
    expect(offered).toEqual(modules.filter((name) => name !== "classifier"));
    expect(untouched.snapshot()).toEqual(bare.snapshot());
  });

  it("computes no product that a method replaces", () => {
    const stage: MethodStage = {
      ...bareModel,
      linear: ({ module, x }) => (module.inFeatures === module.outFeatures ? x : null),
    };
    const graph = new GraphBuilder();
    graph.output("logits", buildModelGraph(graph, smallBert, stage, batch, null).logits);
    const names = graph.finish().values.map(({ name }) => name);
    expect(names).not.toContain("bert.encoder.layer.0.attention.self.query.weight");
    expect(names).toContain("bert.encoder.layer.0.intermediate.dense.weight");
  });
});

describe("buildTrainingGraph", () => {
  it("refuses a step input that the stage does not declare", () => {
    const stage: MethodStage = { ...bareModel, regularizer: ({ stepInput }) => stepInput("pull") };
    expect(() => train(stage)).toThrow(/Stage bare model declares no step input pull/);
  });

  it("refuses a trainable tensor that the loss does not depend on, by name", () => {
    expect(() => train({ ...bareModel, parameters: [extra] })).toThrow(/does not depend on extra/);
  });

  it("drops nothing with a probability of 0, and what the model's configuration says with null", () => {
    const count = (dropout: number | null): number =>
      buildTrainingGraph(smallBert, bareModel, {
        batch,
        optimizer,
        decayBiasesAndNorms: true,
        headLearningRateScale: 1,
        kind: "accumulate",
        dropout,
      }).nodes.filter(({ op, phase }) => op === "dropout" && phase === "forward").length;
    expect(count(0)).toBe(0);
    // Embeddings, three places in each of two layers, and the classifier's input.
    expect(count(null)).toBe(1 + 2 * 3 + 1);
  });
});

describe("the state of a stage", () => {
  const base = randomWeights(smallBert, 1);

  it("leaves the caller's values alone", () => {
    const state = initialState(smallBert, attached(bareModel), base, { seed: 1, accumulate: false });
    for (const [name, { data }] of base) expect(state.get(name)?.data).not.toBe(data);
  });

  it("refuses first values of the wrong number, by name", () => {
    const stage = { ...bareModel, parameters: [{ ...extra, initialize: () => new Float32Array(2) }] };
    expect(() => initialState(smallBert, attached(stage), base, { seed: 1, accumulate: false })).toThrow(
      /extra has shape \[3\] and was initialized with 2 values/,
    );
  });

  it("refuses to be made from a base parameter that the model lacks", () => {
    const initialize: AdapterParameter["initialize"] = ({ baseWeight }) => baseWeight("no.such.weight");
    const stage: MethodStage = { ...bareModel, parameters: [{ ...extra, initialize }] };
    expect(() => initialState(smallBert, attached(stage), base, { seed: 1, accumulate: false })).toThrow(
      /no parameter no\.such\.weight/,
    );
  });

  it("goes on from the stage before by name, with what the stage carries over in place of it", () => {
    const before = new Map([
      ...[...base].map(([name, { data }]) => [name, data as Float32Array] as const),
      ["extra", Float32Array.of(1, 2, 3)] as const,
      ["extra::firstMoment", Float32Array.of(4, 5, 6)] as const,
      ["gone", Float32Array.of(7)] as const,
    ]);
    const stage: MethodStage = {
      ...bareModel,
      parameters: [extra],
      carryOver: (values) => new Map([["extra", (values.get("extra") as Float32Array).map((x) => 2 * x)]]),
    };
    const state = nextStageState(smallBert, stage, before, { accumulate: false });
    expect(state.get("extra")?.data).toEqual(Float32Array.of(2, 4, 6));
    expect(state.get("extra::firstMoment")?.data).toEqual(Float32Array.of(4, 5, 6));
    expect(state.get("extra::secondMoment")?.data).toEqual(new Float32Array(3));
    expect(state.has("gone")).toBe(false);
    expect(state.get("classifier.bias")?.data).toEqual(base.get("classifier.bias")?.data);
  });

  it("refuses a later stage's tensor that has no value, by name", () => {
    const before = new Map([...base].map(([name, { data }]) => [name, data as Float32Array] as const));
    const stage: MethodStage = { ...bareModel, name: "later", parameters: [extra] };
    expect(() => nextStageState(smallBert, stage, before, { accumulate: false })).toThrow(
      /Stage later has no value for extra of shape \[3\]/,
    );
  });
});
