import { describe, expect, it } from "vitest";
import type { Graph } from "../../graph/graph.ts";
import type { HostArray } from "../../graph/spec.ts";
import { elementCount } from "../../graph/spec.ts";
import { opNames } from "../../ops/registry.ts";
import { opCases } from "../../testing/cases/index.ts";
import { describeMismatch } from "../../testing/compare.ts";
import { caseGraph, caseInputs, gradientCase, isDifferentiable } from "../../testing/gradientGraph.ts";
import { interpretSplit, interpretWhole, profileShowing, valuesAbove } from "../../testing/splitGraph.ts";
import { CannotSplitError } from "./errors.ts";
import { splitLargeTensors } from "./splitLargeTensors.ts";

/** Float64 sums in another order. */
const TOLERANCE = { relative: 1e-9, absolute: 1e-9 };

/**
 * The ops that refuse a binding smaller than a row of theirs, as they need all of a row at once. At real limits a row has
 * 33 million elements.
 */
const NEED_A_ROW: ReadonlySet<string> = new Set([
  "softmax",
  "softmaxGradient",
  "layerNorm",
  "layerNormGradient",
  "crossEntropy",
  "crossEntropyGradient",
]);

/** Made by passes that come after this one. */
const MADE_LATER: ReadonlySet<string> = new Set(["adamwGroup"]);

function limitsOf(graph: Graph): readonly number[] {
  const largest = Math.max(...graph.values.map(({ shape }) => elementCount(shape)));
  const parts = [2, 3, 7].map((count) => Math.ceil(largest / count));
  return [...new Set([...parts, 5, 1])].filter((limit) => limit < largest && largest / limit < 200);
}

/** @returns ops that refused, with the limit */
function expectSameSplit(graph: Graph, leaves: ReadonlyMap<string, HostArray>): readonly string[] {
  const whole = interpretWhole(graph, leaves);
  const refused: string[] = [];
  for (const limit of limitsOf(graph)) {
    const profile = profileShowing(limit);
    let split: Graph;
    try {
      split = splitLargeTensors(graph, profile);
    } catch (error) {
      if (!(error instanceof CannotSplitError)) throw error;
      refused.push(error.op ?? "no op");
      continue;
    }
    expect(valuesAbove(split, profile), `above ${limit} elements`).toEqual([]);
    const results = interpretSplit(graph, split, leaves, profile);
    for (const [name, expected] of whole) {
      const mismatch = describeMismatch(results.get(name) ?? [], expected, TOLERANCE);
      expect(mismatch, `${name} with ${limit} elements a binding`).toBeNull();
    }
  }
  return refused;
}

describe("an op in windows", () => {
  for (const op of opNames().filter((name) => !MADE_LATER.has(name))) {
    const cases = opCases.filter((opCase) => opCase.op === op);
    it(`${op} computes what it computes at once`, () => {
      const refused = cases.flatMap((opCase) => expectSameSplit(caseGraph(opCase), caseInputs(opCase)));
      expect([...new Set(refused)]).toEqual(NEED_A_ROW.has(op) ? [op] : []);
    });
    const differentiable = cases.filter(isDifferentiable);
    if (differentiable.length === 0) continue;
    it(`${op} has the gradients that it has at once`, () => {
      const refused = differentiable.flatMap((opCase) => {
        const { graph, inputs } = gradientCase(opCase);
        return expectSameSplit(graph, inputs);
      });
      expect([...new Set(refused)].filter((name) => !NEED_A_ROW.has(name))).toEqual([]);
    });
  }
});
