import { describe, expect, it } from "vitest";
import { lowerGraph } from "../execute/webgpu/lowerGraph.ts";
import type { Graph } from "../graph/graph.ts";
import type { KernelDevice } from "../ops/kernel.ts";
import { deviceProfiles } from "../plan/deviceProfile.ts";
import { planMemory } from "../plan/memoryPlan.ts";
import { encoderStep } from "../plan/testGraphs.ts";
import { mergeNodes } from "./mergeNodes.ts";
import { applySavePolicy, savePolicies } from "./savePolicy.ts";

const SIZES = { layers: 2, batch: 3, length: 8, width: 16, heads: 2, rank: 2 };

function dispatchesOf(graph: Graph, maxStorageBuffers: number): number {
  const device: KernelDevice = {
    subgroupSize: null,
    isSoftware: true,
    maxWorkgroupsPerDimension: 65_535,
    maxStorageBuffers,
  };
  return lowerGraph(graph, planMemory(graph, deviceProfiles.swiftshader), device).dispatches.length;
}

describe("a training step in fewer nodes", () => {
  it.each([8, 12, 16])("takes fewer dispatches where a kernel may bind %d arrays", (maxStorageBuffers) => {
    const graph = encoderStep(SIZES);
    const merged = mergeNodes(graph, { maxStorageBuffers });
    const saved = dispatchesOf(graph, maxStorageBuffers) - dispatchesOf(merged, maxStorageBuffers);
    // 19 of pointwise chains; the rest of five updates that had two each.
    expect(saved).toBe(19 + 10 - (1 + Math.ceil(5 / Math.floor((maxStorageBuffers - 1) / 4))));
  });

  it.each(savePolicies)("needs no more memory at its peak (%s)", (policy) => {
    for (const train of [true, false]) {
      const graph = applySavePolicy(encoderStep({ ...SIZES, train }), policy);
      const [before, after] = [graph, mergeNodes(graph, { maxStorageBuffers: 8 })].map(
        (each) => planMemory(each, deviceProfiles.lavapipe).peakLiveBytes,
      ) as [number, number];
      expect(after).toBeLessThanOrEqual(before);
    }
  });

  it("is merged once: a second time changes nothing", () => {
    const merged = mergeNodes(encoderStep(SIZES), { maxStorageBuffers: 8 });
    expect(mergeNodes(merged, { maxStorageBuffers: 8 })).toBe(merged);
  });
});
