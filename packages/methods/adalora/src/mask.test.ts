import { createRandom, deviceProfiles, GraphBuilder, planMemory } from "@peftbench/runtime";
import { describe, expect, it } from "vitest";
import { largerThanSmallest } from "./mask.ts";
import { evaluate } from "./testing/evaluate.ts";

/** By sorting, as peft has it: what is at most the count-th smallest goes. */
function bySorting(scores: readonly number[], count: number): readonly number[] {
  if (count === 0) return scores.map(() => 1);
  const threshold = scores.toSorted((a, b) => a - b)[count - 1] as number;
  return scores.map((score) => (score > threshold ? 1 : 0));
}

/** Masks of all counts by the graph. */
async function allMasks(
  scores: readonly number[],
  comparisonsAtOnce?: number,
): Promise<readonly (readonly number[])[]> {
  const counts = Array.from({ length: scores.length + 1 }, (_, count) => count);
  const masks = await evaluate((graph) => {
    const tensor = graph.constant([scores.length], "f32", Float32Array.from(scores));
    return Object.fromEntries(
      counts.map((count) => [`${count}`, largerThanSmallest(tensor, graph.scalar(count), comparisonsAtOnce)]),
    );
  });
  return counts.map((count) => masks.get(`${count}`) as readonly number[]);
}

describe("largerThanSmallest", () => {
  const random = createRandom(3, "scores");
  const f32 = (values: readonly number[]): readonly number[] => [...Float32Array.from(values)];
  it.each([
    ["scores of all sizes", f32(Array.from({ length: 11 }, () => 10 ** (-12 + 12 * random.uniform())))],
    ["many ties", Array.from({ length: 11 }, () => random.integer(5))],
    ["scores that are all the same", Array.from({ length: 7 }, () => 0)],
    ["neighbouring numbers", [1, 1 + 2 ** -23, 1 + 2 ** -22, 1, 1 + 2 ** -23]],
    ["one score", [0.5]],
  ])("masks what sorting masks, for every count, with %s", async (_, scores) => {
    const expected = Array.from({ length: scores.length + 1 }, (__, count) => bySorting(scores, count));
    expect(await allMasks(scores)).toEqual(expected);
    // In chunks of two rows (the last of another size), and of one.
    expect(await allMasks(scores, 2 * scores.length)).toEqual(expected);
    expect(await allMasks(scores, 1)).toEqual(expected);
  });

  it("keeps the triplets that the budget allows, however the count is given", async () => {
    const scores = f32(Array.from({ length: 40 }, () => random.uniform()));
    for (const [count, mask] of (await allMasks(scores)).entries()) {
      expect(mask.filter((flag) => flag === 1)).toHaveLength(40 - count);
    }
  });

  it("needs no more than tens of megabytes for 224 matrices of rank 96", () => {
    const graph = new GraphBuilder();
    const scores = graph.input("scores", [224 * 96], "f32");
    graph.output("mask", largerThanSmallest(scores, graph.input("count", [], "f32")));
    const plan = planMemory(graph.finish(), deviceProfiles.generic);
    expect(plan.peakLiveBytes).toBeLessThan(20e6);
  });
});
