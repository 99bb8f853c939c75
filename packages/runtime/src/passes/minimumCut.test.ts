import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FlowEdge } from "./minimumCut.ts";
import { minimumCut } from "./minimumCut.ts";

const NODES = 7;
const [SOURCE, SINK] = [0, 1];

const edge: fc.Arbitrary<FlowEdge> = fc
  .record({
    from: fc.nat(NODES - 1),
    to: fc.nat(NODES - 1),
    capacity: fc.oneof({ weight: 5, arbitrary: fc.nat(12) }, { weight: 1, arbitrary: fc.constant(Infinity) }),
  })
  .filter(
    ({ from, to, capacity }) => from !== to && !(from === SOURCE && to === SINK && capacity === Infinity),
  );

/** Capacity of the cut that puts the nodes of `sinkSide` (a bit each) on the sink's side. */
function cutCapacity(edges: readonly FlowEdge[], sinkSide: number): number {
  const isOn = (node: number): boolean => ((sinkSide >> node) & 1) === 1;
  return edges.reduce((sum, { from, to, capacity }) => (!isOn(from) && isOn(to) ? sum + capacity : sum), 0);
}

function everyCut(): readonly number[] {
  return Array.from({ length: 2 ** NODES }, (_, bits) => bits).filter(
    (bits) => ((bits >> SINK) & 1) === 1 && ((bits >> SOURCE) & 1) === 0,
  );
}

describe("the minimum cut", () => {
  it("is the least of all cuts, and of those the one nearest the sink", () => {
    fc.assert(
      fc.property(fc.array(edge, { maxLength: 22, size: "max" }), (edges) => {
        const cuts = everyCut().map((bits) => ({ bits, capacity: cutCapacity(edges, bits) }));
        const least = Math.min(...cuts.map(({ capacity }) => capacity));
        if (least === Infinity) {
          expect(() => minimumCut(NODES, edges, SOURCE, SINK)).toThrow("No cut can part");
          return;
        }
        const found = minimumCut(NODES, edges, SOURCE, SINK);
        expect(found.capacity).toBe(least);
        const common = cuts
          .filter(({ capacity }) => capacity === least)
          .reduce((intersection, { bits }) => intersection & bits, 2 ** NODES - 1);
        const bits = found.onSinkSide.reduce((sum, on, node) => sum + (on ? 2 ** node : 0), 0);
        expect(bits).toBe(common);
      }),
      { numRuns: 500 },
    );
  });
});
