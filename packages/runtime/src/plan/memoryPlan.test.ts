import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Graph, MemoryPlan, PlannedTensor, Tensor } from "../index.ts";
import { deviceProfiles, GraphBuilder, largestLiveAtPeak, planMemory, sumByRole } from "../index.ts";
import { encoderStep, instructions, randomGraph } from "./testGraphs.ts";
import { validatePlan } from "./validate.ts";

const { generic, lavapipe, swiftshader } = deviceProfiles;
const WEIGHT = { role: "baseWeight", trainable: false } as const;
const STATE = { role: "optimizerState", trainable: true } as const;
const ENCODER = { layers: 2, batch: 2, length: 6, width: 8, heads: 2, rank: 2 } as const;

function tensorNamed(plan: MemoryPlan, start: string): PlannedTensor {
  const found = plan.tensors.filter(({ name }) => name.startsWith(start));
  expect(found.map(({ name }) => name)).toHaveLength(1);
  return found[0] as PlannedTensor;
}

function sumOfValues(bytes: Readonly<Record<string, number>>): number {
  return Object.values(bytes).reduce((total, value) => total + value, 0);
}

describe("a plan of any graph", () => {
  it("is valid, and its sums agree with each other", () => {
    fc.assert(
      fc.property(
        instructions(14),
        fc.boolean(),
        fc.constantFrom(lavapipe, swiftshader),
        (program, train, profile) => {
          const graph = randomGraph(program, train);
          const plan = planMemory(graph, profile);
          expect(validatePlan(graph, plan)).toEqual([]);
          expect(sumOfValues(plan.byRoleAtPeak)).toBe(plan.peakLiveBytes);
          expect(Math.max(...plan.liveBytesOverTime)).toBe(plan.peakLiveBytes);
          expect(plan.liveBytesOverTime[plan.peakAt?.node ?? -1]).toBe(plan.peakLiveBytes);
          expect(plan.arenaBytes).toBeGreaterThanOrEqual(plan.arenaLowerBoundBytes);
          expect(plan.peakReservedBytes).toBeGreaterThanOrEqual(plan.peakLiveBytes);
        },
      ),
    );
  });

  it("keeps within 5 % of the bound that no arena can beat, in a training step of an encoder", () => {
    for (const layers of [1, 2, 4]) {
      const graph = encoderStep({ ...ENCODER, layers });
      const plan = planMemory(graph, swiftshader);
      expect(validatePlan(graph, plan)).toEqual([]);
      expect(plan.arenaBytes / plan.arenaLowerBoundBytes).toBeLessThanOrEqual(1.05);
    }
  });
});

describe("the check of plans", () => {
  const graph = encoderStep({ ...ENCODER, layers: 1 });
  const plan = planMemory(graph, generic);

  function withTensor(id: number, change: Partial<PlannedTensor>): MemoryPlan {
    const tensors = plan.tensors.map((tensor) => (tensor.id === id ? { ...tensor, ...change } : tensor));
    return { ...plan, tensors };
  }

  it("finds a tensor moved onto any other that is alive with it", () => {
    const inArena = plan.tensors.filter(({ place, bytes }) => place.kind === "arena" && bytes > 0);
    for (const a of inArena.slice(0, 40)) {
      const b = inArena.find(
        (other) =>
          other !== a && other.lifetime.first <= a.lifetime.last && a.lifetime.first <= other.lifetime.last,
      );
      if (b !== undefined) expect(validatePlan(graph, withTensor(a.id, { place: b.place }))).not.toEqual([]);
    }
  });

  it("finds a lifetime that ends before the last reader, where the bytes are used again", () => {
    const saved = plan.tensors.filter(({ role, bytes }) => role === "savedActivation" && bytes > 0);
    for (const tensor of saved) {
      const later = plan.tensors.find(
        (other) =>
          other.place.kind === "arena" &&
          other.lifetime.first > tensor.lifetime.first &&
          other.lifetime.first < tensor.lifetime.last,
      ) as PlannedTensor;
      const last = tensor.lifetime.first;
      const broken = withTensor(tensor.id, { lifetime: { first: last, last }, place: later.place });
      expect(validatePlan(graph, broken).join()).toContain("overwritten");
    }
  });

  it("finds misaligned and outlying tensors", () => {
    const first = plan.tensors.find(({ place }) => place.kind === "arena") as PlannedTensor;
    const at = (offset: number): string =>
      validatePlan(graph, withTensor(first.id, { place: { kind: "arena", offset } })).join();
    expect(at(4)).toContain("misaligned");
    expect(at(plan.arenaBytes)).toContain("outside the arena");
  });
});

describe("who owns bytes, and how long", () => {
  it("uses two slots for a chain of equal tensors", () => {
    const graph = new GraphBuilder();
    let x = graph.input("x", [64], "f32");
    for (let index = 0; index < 20; index++) x = x.gelu();
    graph.output("y", x);
    const plan = planMemory(graph.finish(), swiftshader);
    expect(plan.arenaBytes).toBe(2 * 256);
    expect(plan.peakLiveBytes).toBe(2 * 256);
  });

  it("counts the same live bytes on every device, and pads what is reserved", () => {
    const graph = new GraphBuilder();
    const x = graph.input("x", [3], "f32");
    graph.output("y", x.add(graph.parameter("w", [3], WEIGHT)));
    const [fine, coarse] = [lavapipe, swiftshader].map((profile) => planMemory(graph.finish(), profile));
    expect([fine?.peakLiveBytes, coarse?.peakLiveBytes]).toEqual([36, 36]);
    expect([fine?.peakReservedBytes, coarse?.peakReservedBytes]).toEqual([3 * 16, 3 * 256]);
  });

  it("keeps inputs from the start to their last reader, and what is read back to the end", () => {
    const graph = new GraphBuilder();
    const early = graph.input("early", [8], "f32");
    const late = graph.input("late", [8], "f32");
    const first = early.gelu();
    graph.output("first", first);
    graph.output("last", first.tanh().exp().add(late));
    const plan = planMemory(graph.finish(), generic);
    expect(tensorNamed(plan, "early")).toMatchObject({ role: "staging", lifetime: { first: 0, last: 0 } });
    expect(tensorNamed(plan, "late")).toMatchObject({ role: "staging", lifetime: { first: 0, last: 3 } });
    expect(tensorNamed(plan, "gelu")).toMatchObject({ role: "staging", lifetime: { first: 0, last: 3 } });
    expect(tensorNamed(plan, "tanh")).toMatchObject({ role: "workspace", lifetime: { first: 1, last: 2 } });
  });

  it("gives views, and views of views, the bytes of what they show, for as long as any is read", () => {
    const graph = new GraphBuilder();
    const x = graph.input("x", [2, 6], "f32");
    const made = x.gelu();
    const viewed = made.reshape([12]).reshape([3, 4]);
    graph.output("y", made.sum().add(viewed.tanh().sum()));
    const plan = planMemory(graph.finish(), generic);
    const owner = tensorNamed(plan, "gelu");
    const views = plan.tensors.filter(({ name }) => name.startsWith("reshape"));
    expect(views).toHaveLength(2);
    for (const view of views) {
      expect(view).toMatchObject({ bytes: 0, paddedBytes: 0, place: { kind: "shared", with: owner.id } });
    }
    expect(owner.lifetime).toEqual({ first: 0, last: 4 });
  });

  it("puts views of parameters nowhere, and constants beside the parameters", () => {
    const graph = new GraphBuilder();
    const weight = graph.parameter("w", [2, 3], WEIGHT);
    graph.output(
      "y",
      graph
        .input("x", [6], "f32")
        .mul(weight.reshape([6]))
        .add(2),
    );
    const plan = planMemory(graph.finish(), generic);
    expect(tensorNamed(plan, "reshape").place).toEqual({ kind: "shared", with: tensorNamed(plan, "w").id });
    expect(tensorNamed(plan, "constant")).toMatchObject({ role: "workspace", place: { kind: "persistent" } });
    expect(plan.persistentBytesByRole).toMatchObject({ baseWeight: 24, workspace: 4 });
  });

  it("tells gradients, saved activations and workspace apart", () => {
    const graph = encoderStep({ ...ENCODER, layers: 1 });
    const plan = planMemory(graph, generic);
    const marked = graph.values.filter(({ gradientOf }) => gradientOf !== null);
    expect(marked.map(({ gradientOf }) => gradientOf).toSorted()).toEqual([
      "head",
      "layer.0.loraA",
      "layer.0.loraB",
    ]);
    const { gradient, optimizerState, adapterWeight, head } = sumByRole(plan.tensors);
    expect(gradient).toBe(adapterWeight + head);
    expect(optimizerState).toBe(2 * gradient);
    for (const tensor of plan.tensors.filter(({ role, bytes }) => role === "savedActivation" && bytes > 0)) {
      expect(graph.nodes[tensor.lifetime.first]?.phase).toBe("forward");
      expect(graph.nodes[tensor.lifetime.last]?.phase).not.toBe("forward");
    }
  });

  it("plans a program without nodes", () => {
    const graph = new GraphBuilder();
    graph.output("y", graph.input("x", [4], "f32"));
    expect(planMemory(graph.finish(), generic)).toMatchObject({
      peakLiveBytes: 16,
      peakAt: null,
      arenaBytes: 256,
    });
  });

  it("lists the largest tensors alive at the peak", () => {
    const plan = planMemory(encoderStep(ENCODER), generic);
    const largest = largestLiveAtPeak(plan, 10);
    expect(largest).toHaveLength(10);
    expect(largest.map(({ bytes }) => bytes)).toEqual(
      largest.map(({ bytes }) => bytes).toSorted((a, b) => b - a),
    );
    expect(sumOfValues(sumByRole(largestLiveAtPeak(plan, Number.MAX_SAFE_INTEGER)))).toBe(plan.peakLiveBytes);
  });
});

describe("the next value of a parameter", () => {
  function statisticStep(build: (statistic: Tensor, next: Tensor, graph: GraphBuilder) => void): Graph {
    const graph = new GraphBuilder();
    const x = graph.input("x", [16], "f32");
    const statistic = graph.parameter("statistic", [16], STATE);
    const next = statistic.mul(0.5).add(x);
    graph.updateParameter(statistic, next);
    build(statistic, next, graph);
    return graph.finish();
  }
  const placeOfNext = (graph: Graph): string => {
    const plan = planMemory(graph, generic);
    expect(validatePlan(graph, plan)).toEqual([]);
    return plan.tensors[graph.states[0]?.output ?? -1]?.place.kind ?? "";
  };

  it("is written over the old one by AdamW, moments too", () => {
    const graph = encoderStep(ENCODER);
    const plan = planMemory(graph, generic);
    expect(graph.states).toHaveLength(15);
    for (const { input, output } of graph.states) {
      expect(plan.tensors[output]?.place).toEqual({ kind: "shared", with: input });
    }
  });

  it("is written over the old one where that was read before", () => {
    expect(placeOfNext(statisticStep(() => {}))).toBe("shared");
    expect(placeOfNext(statisticStep((_, next, graph) => graph.output("y", next)))).toBe("shared");
  });

  it("has bytes of its own to the end where the old one is read later, or read back", () => {
    const readLater = statisticStep((old, next, graph) => graph.output("y", next.add(old.reshape([16]))));
    expect(placeOfNext(readLater)).toBe("arena");
    const plan = planMemory(readLater, generic);
    expect(plan.tensors[readLater.states[0]?.output ?? -1]?.lifetime.last).toBe(readLater.nodes.length - 1);
    expect(placeOfNext(statisticStep((old, _, graph) => graph.output("y", old)))).toBe("arena");
  });

  it("has bytes of its own where the op that makes it reads the old one and does not work in place", () => {
    const graph = new GraphBuilder();
    const old = graph.parameter("statistic", [16], STATE);
    graph.updateParameter(old, old.softmax());
    expect(placeOfNext(graph.finish())).toBe("arena");
  });

  it("may take the place of one parameter only", () => {
    const graph = new GraphBuilder();
    const [a, b] = ["a", "b"].map((name) => graph.parameter(name, [16], STATE)) as [Tensor, Tensor];
    const next = graph.input("x", [16], "f32").gelu();
    graph.updateParameter(a, next);
    graph.updateParameter(b, next);
    const finished = graph.finish();
    const plan = planMemory(finished, generic);
    expect(validatePlan(finished, plan)).toEqual([]);
    expect(tensorNamed(plan, "gelu").place).toEqual({ kind: "shared", with: tensorNamed(plan, "a").id });
  });
});
