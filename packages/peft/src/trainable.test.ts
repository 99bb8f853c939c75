import { describe, expect, it } from "vitest";
import { encoderShape, smallBert } from "./conformance/models.ts";
import type { MethodAttachment, MethodStage } from "./index.ts";
import { bareModel, countParameters, trainableTensors } from "./index.ts";

const oneLayer = { layers: 1, hidden: 4, intermediate: 6, heads: 1, vocabulary: 5, positions: 3 };
const model = encoderShape(oneLayer, ["classifier.weight", "classifier.bias"]);
/** Embeddings and their norm; four square matrices, two of the feed-forward, two norms; the pooler; the classifier. */
const TOTAL = (5 + 3 + 2) * 4 + 8 + 4 * 20 + (24 + 6) + (24 + 4) + 16 + 20 + 10;

const parameter = (name: string, count: number, trainable: boolean) => ({
  name,
  shape: [count],
  trainable,
  initialize: () => new Float32Array(count),
});
const attachmentOf = (stages: readonly MethodStage[]): MethodAttachment => ({
  stages,
  mergedWeight: () => null,
  toPeft: () => null,
  fromPeft: () => new Map(),
});

describe("trainableTensors", () => {
  it("lists the head, what the method trains of the base, and its own, in that order and with their options", () => {
    const stage: MethodStage = {
      ...bareModel,
      trainsBase: (name) => name.endsWith("query.bias"),
      parameters: [
        { ...parameter("a", 3, true), learningRateScale: 16, weightDecay: 0 },
        parameter("frozen", 2, false),
      ],
    };
    expect(trainableTensors(model, stage)).toEqual([
      { name: "bert.encoder.layer.0.attention.self.query.bias", shape: [4], role: "baseWeight" },
      { name: "classifier.weight", shape: [2, 4], role: "head" },
      { name: "classifier.bias", shape: [2], role: "head" },
      { name: "a", shape: [3], role: "adapterWeight", learningRateScale: 16, weightDecay: 0 },
    ]);
  });

  it("never asks a method of the head, frozen or not", () => {
    const asked: string[] = [];
    const stage: MethodStage = { ...bareModel, trainsBase: (name) => asked.push(name) > 0 };
    const frozen = trainableTensors({ ...model, headParameters: new Set() }, stage);
    expect(frozen.some(({ name }) => name.startsWith("classifier"))).toBe(false);
    trainableTensors(model, stage);
    expect(asked.some((name) => name.startsWith("classifier"))).toBe(false);
  });

  it("trains with the head what no checkpoint brought", () => {
    const headParameters = new Set([...model.headParameters, "bert.pooler.dense.weight"]);
    const roles = trainableTensors({ ...model, headParameters }, bareModel).map(({ role }) => role);
    expect(roles).toEqual(["head", "head", "head"]);
  });
});

describe("countParameters", () => {
  it("counts the head apart from what the method trains, and everything in the total", () => {
    const stage = { ...bareModel, parameters: [parameter("a", 7, true), parameter("b", 5, false)] };
    expect(countParameters(model, attachmentOf([stage]), 3)).toEqual({
      trainableInitial: 7,
      trainableAverage: 7,
      trainableFinal: 7,
      head: 10,
      total: TOTAL + 12,
    });
  });

  it("averages over the steps of all stages", () => {
    const stages = [
      { ...bareModel, parameters: [parameter("a", 8, true)] },
      { ...bareModel, fromStep: 3, parameters: [parameter("a", 8, false), parameter("b", 2, true)] },
    ];
    const counts = countParameters(model, attachmentOf(stages), 4);
    expect(counts).toMatchObject({
      trainableInitial: 8,
      trainableAverage: (3 * 8 + 2) / 4,
      trainableFinal: 2,
    });
  });

  it("follows a method that trains less than its tensors hold", () => {
    const attachment = {
      ...attachmentOf([{ ...bareModel, parameters: [parameter("a", 8, true)] }]),
      trainableAt: (step: number) => 8 - step,
    };
    const counts = countParameters(model, attachment, 5);
    expect(counts).toMatchObject({ trainableInitial: 8, trainableAverage: 6, trainableFinal: 4 });
  });

  it("counts every parameter of the model but the head for a method that trains the base", () => {
    const stage = { ...bareModel, trainsBase: () => true };
    expect(countParameters(model, attachmentOf([stage]), 1)).toMatchObject({
      trainableInitial: TOTAL - 10,
      head: 10,
      total: TOTAL,
    });
    expect(countParameters({ ...smallBert, headParameters: new Set() }, attachmentOf([stage]), 1).head).toBe(
      0,
    );
  });
});
