import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GraphBuilder } from "../../graph/builder.ts";
import type { Graph } from "../../graph/graph.ts";
import { leavesOf } from "../../graph/graph.ts";
import type { HostArray } from "../../graph/spec.ts";
import { elementCount } from "../../graph/spec.ts";
import { instructions, randomGraph } from "../../plan/testGraphs.ts";
import { createRandom } from "../../random/generator.ts";
import { arbitraryProgram, buildProgram } from "../../testing/arbitraryProgram.ts";
import { describeMismatch } from "../../testing/compare.ts";
import { interpretSplit, interpretWhole, profileShowing, valuesAbove } from "../../testing/splitGraph.ts";
import { CannotSplitError } from "./errors.ts";
import { splitLargeTensors } from "./splitLargeTensors.ts";

const TOLERANCE = { relative: 1e-9, absolute: 1e-9 };

function leavesFor(graph: Graph): ReadonlyMap<string, HostArray> {
  const random = createRandom(3, "leaves");
  return new Map(
    [...leavesOf(graph, "input"), ...leavesOf(graph, "parameter")].map(
      ({ name, shape, dtype }): [string, HostArray] => {
        const length = elementCount(shape);
        if (dtype === "u32") return [name, Uint32Array.from({ length }, () => random.integer(1000))];
        const scale = name.endsWith("Moment") ? 0 : 1;
        return [name, Float32Array.from({ length }, () => 0.1 + scale * random.uniform())];
      },
    ),
  );
}

function expectSame(graph: Graph, limit: number): void {
  const profile = profileShowing(limit);
  const leaves = leavesFor(graph);
  let split: Graph;
  try {
    split = splitLargeTensors(graph, profile);
  } catch (error) {
    // Ops that need a row whole.
    expect(error).toBeInstanceOf(CannotSplitError);
    expect((error as CannotSplitError).op).toMatch(/^(softmax|layerNorm|crossEntropy)/);
    return;
  }
  expect(valuesAbove(split, profile)).toEqual([]);
  const results = interpretSplit(graph, split, leaves, profile);
  for (const [name, expected] of interpretWhole(graph, leaves)) {
    expect(describeMismatch(results.get(name) ?? [], expected, TOLERANCE), name).toBeNull();
  }
}

describe("random programs in windows", () => {
  it("compute what they compute unsplit", () => {
    fc.assert(
      fc.property(arbitraryProgram(20), fc.integer({ min: 1, max: 100 }), (program, limit) => {
        const graph = new GraphBuilder();
        const leaves = program.leafShapes.map((shape, index) => graph.input(`leaf${index}`, shape, "f32"));
        const made = buildProgram(program, leaves);
        if (made.length === 0) return;
        for (const [index, tensor] of made.entries()) graph.output(`output${index}`, tensor);
        expectSame(graph.finish(), limit);
      }),
      { numRuns: 300 },
    );
  });

  it("train as they train unsplit", () => {
    fc.assert(
      fc.property(instructions(14), fc.integer({ min: 4, max: 40 }), (program, limit) => {
        expectSame(randomGraph(program, true), limit);
      }),
      { numRuns: 150 },
    );
  });
});
