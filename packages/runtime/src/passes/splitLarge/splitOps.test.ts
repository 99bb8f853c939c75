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

/** The same for heads: all queries and keys of one head of one row is the least that these take. */
const NEED_A_HEAD: ReadonlySet<string> = new Set(["attention", "attentionGradient"]);

const MAY_REFUSE: ReadonlySet<string> = new Set([...NEED_A_ROW, ...NEED_A_HEAD]);

/** Made by passes that come after this one. */
const MADE_LATER: ReadonlySet<string> = new Set(["adamwGroup"]);

function limitsOf(graph: Graph): readonly number[] {
  const largest = Math.max(...graph.values.map(({ shape }) => elementCount(shape)));
  const parts = [2, 3, 7].map((count) => Math.ceil(largest / count));
  return [...new Set([...parts, 5, 1])].filter((limit) => limit < largest && largest / limit < 200);
}

interface Tried {
  /** How many limits the graph was split for. */
  readonly splits: number;
  /** The ops that refused the others. */
  readonly refused: readonly string[];
}

function expectSameSplit(graph: Graph, leaves: ReadonlyMap<string, HostArray>): Tried {
  const whole = interpretWhole(graph, leaves);
  const refused: string[] = [];
  let splits = 0;
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
    splits += 1;
    expect(valuesAbove(split, profile), `above ${limit} elements`).toEqual([]);
    const results = interpretSplit(graph, split, leaves, profile);
    for (const [name, expected] of whole) {
      const mismatch = describeMismatch(results.get(name) ?? [], expected, TOLERANCE);
      expect(mismatch, `${name} with ${limit} elements a binding`).toBeNull();
    }
  }
  return { splits, refused };
}

function merged(tried: readonly Tried[]): { readonly isSplit: boolean; readonly refused: readonly string[] } {
  return {
    isSplit: tried.some(({ splits }) => splits > 0),
    refused: [...new Set(tried.flatMap(({ refused }) => refused))],
  };
}

describe("an op in windows", () => {
  for (const op of opNames().filter((name) => !MADE_LATER.has(name))) {
    const cases = opCases.filter((opCase) => opCase.op === op);
    it(`${op} computes what it computes at once`, () => {
      const tried = cases.map((opCase) => expectSameSplit(caseGraph(opCase), caseInputs(opCase)));
      expect(merged(tried)).toEqual({ isSplit: true, refused: MAY_REFUSE.has(op) ? [op] : [] });
    });
    const differentiable = cases.filter(isDifferentiable);
    if (differentiable.length === 0) continue;
    it(`${op} has the gradients that it has at once`, () => {
      const tried = differentiable.map((opCase) => {
        const { graph, inputs } = gradientCase(opCase);
        return expectSameSplit(graph, inputs);
      });
      const { isSplit, refused } = merged(tried);
      expect(isSplit).toBe(true);
      expect(refused.filter((name) => !MAY_REFUSE.has(name))).toEqual([]);
    });
  }
});
