import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Graph, Tensor } from "../index.ts";
import { addOptimizerStep, applySavePolicy, deviceProfiles, GraphBuilder, planMemory } from "../index.ts";
import { ADAMW, instructions, randomGraph } from "./testGraphs.ts";

const { lavapipe } = deviceProfiles;

/**
 * The least live peak over all orders of the nodes that respect what reads what, by dynamic programming over the sets
 * of nodes that can have run; null where there are too many. Who shares bytes is taken from the plan, when they are
 * alive is not.
 */
function leastLivePeak(graph: Graph): number | null {
  const { tensors } = planMemory(graph, lavapipe);
  const ownerOf = tensors.map(({ id, place }) => (place.kind === "shared" ? place.with : id));
  const toTheEnd = new Set([
    ...graph.outputs.map(({ value }) => ownerOf[value]),
    ...graph.states.map(({ output }) => ownerOf[output]),
  ]);
  const persistent = tensors.reduce((sum, t) => (t.place.kind === "persistent" ? sum + t.bytes : sum), 0);
  const owners = tensors
    .filter(({ place }) => place.kind === "arena")
    .map(({ id, bytes }) => {
      const source = graph.values[id]?.source;
      return {
        bytes,
        writer: source?.kind === "node" ? source.node : null,
        staysOn: toTheEnd.has(id),
        readers: graph.nodes
          .filter((node) => node.inputs.some((input) => ownerOf[input] === id))
          .map((n) => n.id),
      };
    });
  const writersOf = graph.nodes.map((node) =>
    node.inputs.flatMap((id) => {
      const source = graph.values[id]?.source;
      return source?.kind === "node" ? [source.node] : [];
    }),
  );
  const liveDuring = (done: ReadonlySet<number>, node: number): number =>
    owners.reduce((sum, { bytes, writer, staysOn, readers }) => {
      const isMade = writer === null || writer === node || done.has(writer);
      const isNeeded = staysOn || writer === node || readers.some((reader) => !done.has(reader));
      return isMade && isNeeded ? sum + bytes : sum;
    }, persistent);

  let frontier = new Map<string, { done: ReadonlySet<number>; peak: number }>([
    ["", { done: new Set(), peak: 0 }],
  ]);
  for (let step = 0; step < graph.nodes.length; step++) {
    const next = new Map<string, { done: ReadonlySet<number>; peak: number }>();
    for (const { done, peak } of frontier.values()) {
      for (const { id } of graph.nodes) {
        if (done.has(id) || !(writersOf[id] ?? []).every((writer) => done.has(writer))) continue;
        const after = new Set([...done, id]);
        const key = [...after].toSorted((a, b) => a - b).join();
        const reached = Math.max(peak, liveDuring(done, id));
        if (reached < (next.get(key)?.peak ?? Number.POSITIVE_INFINITY))
          next.set(key, { done: after, peak: reached });
      }
    }
    if (next.size > 3000) return null;
    frontier = next;
  }
  return [...frontier.values()][0]?.peak ?? 0;
}

function smallStep(
  build: (graph: GraphBuilder, x: Tensor, weights: (name: string, shape: number[]) => Tensor) => Tensor,
): Graph {
  const graph = new GraphBuilder();
  const trained: Tensor[] = [];
  const x = graph.input("x", [8, 16], "f32");
  const loss = build(graph, x, (name, shape) => {
    const trainable = name.startsWith("lora");
    const role = trainable ? "adapterWeight" : "baseWeight";
    const tensor = graph.parameter(name, shape, { role, trainable });
    if (trainable) trained.push(tensor);
    return tensor;
  });
  graph.output("loss", loss);
  addOptimizerStep(
    graph,
    loss,
    trained.map((tensor) => ({ tensor })),
    ADAMW,
  );
  return graph.finish();
}

const steps: Readonly<Record<string, Graph>> = {
  "an adapter on one layer": smallStep((_, x, w) =>
    x
      .matmul(w("lora", [16, 2]))
      .matmul(w("up", [2, 16]))
      .gelu()
      .square()
      .mean(),
  ),
  "a feed-forward block": smallStep((_, x, w) => {
    const y = x
      .layerNorm(w("gamma", [16]), w("beta", [16]), 1e-5)
      .matmul(w("up", [16, 32]))
      .gelu();
    return y
      .matmul(w("loraA", [32, 2]))
      .matmul(w("loraB", [2, 16]))
      .add(x)
      .square()
      .mean();
  }),
  "attention of one head": smallStep((_, x, w) => {
    const q = x.matmul(w("query", [16, 16])).add(x.matmul(w("lora", [16, 16])));
    const scores = q.matmul(x.matmul(w("key", [16, 16])), { transposeB: true, recomputable: true });
    return scores.softmax().matmul(x).square().mean();
  }),
};

describe("the order in which a step is built", () => {
  for (const [name, graph] of Object.entries(steps)) {
    it(`has a live peak within 1 % of the least that any order has, and an arena that cannot be smaller: ${name}`, () => {
      for (const policy of ["eager", "recompute"] as const) {
        const step = applySavePolicy(graph, policy);
        const plan = planMemory(step, lavapipe);
        const least = leastLivePeak(step) as number;
        expect(least).toBeLessThanOrEqual(plan.peakLiveBytes);
        expect(plan.peakLiveBytes / least).toBeLessThanOrEqual(1.01);
        expect(plan.arenaBytes).toBe(plan.arenaLowerBoundBytes);
      }
    });
  }

  it("is never below the least, in any graph", () => {
    fc.assert(
      fc.property(instructions(4), (program) => {
        const graph = randomGraph(
          program.filter(({ op }) => op !== "statistic"),
          false,
        );
        const least = leastLivePeak(graph);
        if (least !== null) expect(planMemory(graph, lavapipe).peakLiveBytes).toBeGreaterThanOrEqual(least);
      }),
      { numRuns: 20 },
    );
  });
});
