import { describe, expect, it } from "vitest";
import { leavesOf } from "../../graph/graph.ts";
import type { HostArray, HostTensor } from "../../graph/spec.ts";
import { describeMismatch } from "../../testing/compare.ts";
import { interpretSplit, interpretWhole, profileShowing, valuesAbove } from "../../testing/splitGraph.ts";
import { roundFrozenWeightsToHalf, storeFrozenWeightsAsHalf } from "../halfWeights.ts";
import { splitLargeTensors } from "./splitLargeTensors.ts";
import { languageModelInputs, languageModelParameters, languageModelStep } from "./testGraphs.ts";

describe("weights stored as f16 in windows", () => {
  it.each([200, 100, 64])("compute what they compute unsplit (%i elements a binding)", (limit) => {
    const graph = storeFrozenWeightsAsHalf(languageModelStep("lora"));
    const data = languageModelParameters(graph);
    const tensors = leavesOf(graph, "parameter").map(({ name, shape }): [string, HostTensor] => [
      name,
      { shape, dtype: "f32", data: data.get(name) as Float32Array },
    ]);
    const leaves = new Map<string, HostArray>([
      ...[...roundFrozenWeightsToHalf(graph, new Map(tensors))].map(([name, tensor]): [string, HostArray] => [
        name,
        tensor.data,
      ]),
      ...Object.entries(languageModelInputs(graph, 0)),
    ]);
    const profile = profileShowing(limit);
    const split = splitLargeTensors(graph, profile);
    expect(valuesAbove(split, profile)).toEqual([]);
    const words = split.values.filter(({ name }) => /^words\[/.test(name));
    expect(words.length).toBeGreaterThan(1);
    const kept = words.filter(({ source }) => source.kind === "parameter");
    expect(new Set(kept.map(({ dtype }) => dtype))).toEqual(new Set(["f16"]));

    const results = interpretSplit(graph, split, leaves, profile);
    for (const [name, expected] of interpretWhole(graph, leaves)) {
      const tolerance = { relative: 1e-9, absolute: 1e-9 };
      expect(describeMismatch(results.get(name) ?? [], expected, tolerance), name).toBeNull();
    }
  });
});
