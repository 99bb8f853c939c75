import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Graph, GraphNode, MemoryPlan, SavePolicy } from "../index.ts";
import { applySavePolicy, deviceProfiles, planMemory } from "../index.ts";
import type { EncoderSizes } from "../plan/testGraphs.ts";
import { encoderStep, instructions, randomGraph } from "../plan/testGraphs.ts";
import { viewRoots } from "../plan/views.ts";

const SIZES: EncoderSizes = { layers: 4, batch: 2, length: 8, width: 16, heads: 2, rank: 2 };
const F32 = 4;

function planned(graph: Graph, policy: SavePolicy): MemoryPlan {
  return planMemory(applySavePolicy(graph, policy), deviceProfiles.lavapipe);
}

function isCopy(graph: Graph, { outputs: [output] }: GraphNode): boolean {
  return graph.values[output ?? -1]?.name.endsWith("(recomputed)") === true;
}

/** The layer that a node of `encoderStep` belongs to, backward nodes too; null outside. */
function layerByScope({ scope }: GraphNode): number | null {
  const found = /^layer\.(\d+)/.exec(scope);
  return found === null ? null : Number(found[1]);
}

describe("the save policy layer keeps", () => {
  it("of each layer its input alone, and what the head reads", () => {
    const { batch, length, width } = SIZES;
    const rows = batch * length;
    const kept = planned(encoderStep(SIZES), "layer").tensors.filter(
      ({ role, bytes }) => role === "savedActivation" && bytes > 0,
    );
    const inputs = kept.filter(({ shape }) => shape.join() === [batch, length, width].join());
    expect(inputs.length).toBe(SIZES.layers);
    // The first tokens for the gradient of the head's weight, and the labels' probabilities for that of the loss.
    expect(kept.length - inputs.length).toBeLessThanOrEqual(2);
    expect(kept.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(
      F32 * (SIZES.layers * rows * width + batch * width + batch * 2),
    );
  });

  it("in any graph nothing of a layer but what another part of forward reads, or what lives to the end", () => {
    fc.assert(
      fc.property(instructions(14), (program) => {
        const graph = applySavePolicy(randomGraph(program, true), "layer");
        const roots = viewRoots(graph);
        const livesOn = new Set(
          [...graph.outputs.map(({ value }) => value), ...graph.states.map(({ output }) => output)].map(
            (id) => roots[id],
          ),
        );
        for (const maker of graph.nodes.filter(({ phase, layer }) => phase === "forward" && layer !== null)) {
          for (const id of maker.outputs) {
            const readers = graph.nodes.filter(({ inputs }) => inputs.some((input) => roots[input] === id));
            if (readers.every(({ phase }) => phase === "forward") || livesOn.has(id)) continue;
            if (roots[id] !== id) continue;
            const border = readers.filter(({ phase, layer }) => phase === "forward" && layer !== maker.layer);
            expect(border.length, graph.values[id]?.name).toBeGreaterThan(0);
          }
        }
      }),
    );
  });

  it("nothing where nothing below the head trains, and computes nothing again", () => {
    const evaluation = encoderStep({ ...SIZES, train: false });
    expect(applySavePolicy(evaluation, "layer")).toEqual(evaluation);
  });
});

describe("the save policy layer computes a layer again", () => {
  const graph = applySavePolicy(encoderStep(SIZES), "layer");

  it("when the backward pass comes to it: after that of the layer above, before the end of its own", () => {
    const layers = graph.nodes
      .filter(({ phase }) => phase === "backward")
      .map(layerByScope)
      .filter((layer) => layer !== null);
    expect(layers).toEqual(layers.toSorted((a, b) => b - a));
    for (let layer = 0; layer < SIZES.layers; layer++) {
      const own = graph.nodes.filter((node) => node.phase === "backward" && layerByScope(node) === layer);
      expect(own.some((node) => isCopy(graph, node))).toBe(true);
      expect(isCopy(graph, own.at(-1) as GraphNode)).toBe(false);
    }
  });

  it("once, and with the noise that forward had", () => {
    const copies = graph.nodes.filter((node) => isCopy(graph, node));
    const names = copies.flatMap(({ outputs }) => outputs.map((id) => graph.values[id]?.name));
    expect(new Set(names).size).toBe(names.length);
    const dropouts = copies.filter(({ op }) => op === "dropout");
    expect(dropouts.length).toBeGreaterThan(0);
    for (const { attributes, inputs } of dropouts) {
      const original = graph.nodes.find(
        (node) => node.op === "dropout" && node.phase === "forward" && node.attributes === attributes,
      );
      expect(original?.inputs[1]).toBe(inputs[1]);
    }
  });
});

describe("the peak under the save policy layer", () => {
  const sizes = fc.record({
    layers: fc.integer({ min: 4, max: 7 }),
    batch: fc.integer({ min: 1, max: 3 }),
    length: fc.integer({ min: 2, max: 12 }),
    width: fc.constantFrom(8, 16),
    heads: fc.constantFrom(2, 4),
    rank: fc.integer({ min: 1, max: 4 }),
  });

  it("is never above eager's in a stack of some layers", () => {
    fc.assert(
      fc.property(sizes, (deep) => {
        const graph = encoderStep(deep);
        expect(planned(graph, "layer").peakLiveBytes).toBeLessThanOrEqual(
          planned(graph, "eager").peakLiveBytes,
        );
      }),
      { numRuns: 40 },
    );
  });

  it("grows by a layer's input and its parameters for each further layer", () => {
    const { batch, width, rank } = SIZES;
    const length = 64;
    const peakOf = (layers: number): number =>
      planned(encoderStep({ ...SIZES, length, layers }), "layer").peakLiveBytes;
    const dense = 4 * (width * width + width) + 8 * width * width + 5 * width;
    const frozen = dense + 2 * 2 * width;
    const trained = 3 * 2 * rank * width;
    expect(peakOf(9) - peakOf(8)).toBe(F32 * (batch * length * width + frozen + trained));
  });
});
