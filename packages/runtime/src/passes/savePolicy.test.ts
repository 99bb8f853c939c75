import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { byteSize, elementCount } from "../graph/spec.ts";
import type { Graph, HostTensor, SavePolicy, ValueId } from "../index.ts";
import {
  adamWInputs,
  addOptimizerStep,
  applySavePolicy,
  createCpuExecutor,
  createRandom,
  deviceProfiles,
  GraphBuilder,
  leavesOf,
  planMemory,
  savePolicies,
  sumByRole,
  validatePlan,
} from "../index.ts";
import { opNamed } from "../ops/registry.ts";
import { ADAMW, encoderStep, instructions, randomGraph } from "../plan/testGraphs.ts";
import { viewRoots } from "../plan/views.ts";
import { interpretGraph } from "../testing/referenceInterpreter.ts";

const FROZEN = { role: "baseWeight", trainable: false } as const;
const ADAPTER = { role: "adapterWeight", trainable: true } as const;
const F32 = 4;

function savedBytes(graph: Graph, policy: SavePolicy): number {
  const plan = planMemory(applySavePolicy(graph, policy), deviceProfiles.lavapipe);
  return sumByRole(plan.tensors).savedActivation;
}

/** Op and shape of everything kept from the forward pass, as text. */
function saved(graph: Graph, policy: SavePolicy): readonly string[] {
  const plan = planMemory(applySavePolicy(graph, policy), deviceProfiles.lavapipe);
  return plan.tensors
    .filter(({ role, bytes }) => role === "savedActivation" && bytes > 0)
    .map(({ name, shape }) => `${name.replace(/#\d+/, "")} ${shape.join("x")}`);
}

/** All outputs of three steps, and all parameters after them, from the same seed. */
async function threeSteps(graph: Graph): Promise<ReadonlyMap<string, Float32Array>> {
  const random = createRandom(3, "save policies");
  const tensorOf = ({ name, shape }: { name: string; shape: readonly number[] }): HostTensor => {
    const isMoment = name.endsWith("Moment");
    const data = Float32Array.from({ length: elementCount(shape) }, () =>
      isMoment ? 0 : 0.3 * random.normal(),
    );
    return { shape, dtype: "f32", data };
  };
  const sorted = leavesOf(graph, "parameter").toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const executor = createCpuExecutor({ threads: 1 });
  const store = await executor.createStore(new Map(sorted.map((value) => [value.name, tensorOf(value)])));
  const program = await executor.compile(graph, store);
  const results = new Map<string, Float32Array>();
  for (let step = 0; step < 3; step++) {
    const inputs = Object.fromEntries(
      leavesOf(graph, "input")
        .toSorted((a, b) => (a.name < b.name ? -1 : 1))
        .map((value) => {
          if (value.dtype === "u32") return [value.name, Uint32Array.of(77 + step)];
          const count = elementCount(value.shape);
          if (value.dtype === "i32") return [value.name, Int32Array.from({ length: count }, (_, i) => i % 2)];
          return [value.name, tensorOf(value).data];
        }),
    );
    const optimizer = adamWInputs(step, 0.01, ADAMW);
    for (const name of Object.keys(optimizer))
      if (name in inputs) inputs[name] = optimizer[name] as Float32Array;
    const outputs = await program.run(inputs);
    for (const [name, { data }] of Object.entries(outputs))
      results.set(`${name} ${step}`, data.slice() as Float32Array);
  }
  for (const name of store.names) results.set(name, await store.read(name));
  await program.dispose();
  return results;
}

/** The largest difference of a tensor, of its largest element. */
function furthest(found: Awaited<ReturnType<typeof threeSteps>>, expected: typeof found): number {
  const differences = [...expected].map(([name, values]) => {
    const others = found.get(name) ?? [];
    const scale = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const difference = values.reduce(
      (most, value, i) => Math.max(most, Math.abs(value - (others[i] ?? NaN))),
      0,
    );
    return difference === 0 ? 0 : difference / scale;
  });
  return Math.max(...differences);
}

/** Least bytes of a set of forward values from which all that backward reads follows, by trying every set. */
function leastBytes(graph: Graph): number | null {
  const roots = viewRoots(graph);
  const nodes = graph.nodes.filter((node) => node.phase === "forward" && opNamed(node.op).view !== true);
  const livesOn = new Set(
    [...graph.outputs.map((o) => o.value), ...graph.states.map((s) => s.output)].map((id) => roots[id]),
  );
  const values = nodes.flatMap((node) => node.outputs);
  const costly = values.filter((id) => !livesOn.has(id));
  if (costly.length > 15) return null;
  const made = new Set<ValueId | undefined>(values);
  const wanted = graph.nodes
    .filter((node) => node.phase !== "forward")
    .flatMap((node) => node.inputs.map((id) => roots[id]))
    .filter((id) => made.has(id));
  let least = Number.POSITIVE_INFINITY;
  for (let bits = 0; bits < 2 ** costly.length; bits++) {
    const kept = costly.filter((_, index) => ((bits >> index) & 1) === 1);
    const bytes = kept.reduce((sum, id) => sum + byteSize(graph.values[id] as Graph["values"][number]), 0);
    if (bytes >= least) continue;
    const atHand = new Set<ValueId | undefined>([...kept, ...livesOn]);
    for (const node of nodes) {
      const again =
        opNamed(node.op).cheap || (node.attributes as { recomputable?: boolean }).recomputable === true;
      const possible = node.inputs.every((id) => !made.has(roots[id]) || atHand.has(roots[id]));
      if (again && possible) for (const id of node.outputs) atHand.add(id);
    }
    if (wanted.every((id) => atHand.has(id))) least = bytes;
  }
  return least;
}

/**
 * ONNX Runtime fuses what nobody else reads, in forward too, and so rounds otherwise where less is kept of a layer. That
 * the copies themselves do the same arithmetic is shown on the interpreter, where all of them are run.
 */
const TOLERANCE = { recompute: 0, layer: 5e-6 };

describe.each(["recompute", "layer"] as const)("the save policy %s", (policy) => {
  it("trains as eager does: dropout, attention, layer norm, GELU", async () => {
    const graph = encoderStep({ layers: 2, batch: 2, length: 5, width: 8, heads: 2, rank: 2 });
    const recomputing = applySavePolicy(graph, policy);
    expect(recomputing.nodes.length).toBeGreaterThan(graph.nodes.length);
    const results = await threeSteps(graph);
    expect(results.get("loss 0")?.[0]).not.toBe(results.get("loss 2")?.[0]);
    expect(furthest(await threeSteps(recomputing), results)).toBeLessThanOrEqual(TOLERANCE[policy]);
  });

  it("computes the same numbers as eager where every copy is really run", () => {
    fc.assert(
      fc.property(instructions(12), (program) => {
        const graph = randomGraph(program, true);
        const random = createRandom(5, "interpreter");
        const leaves = new Map(
          [...leavesOf(graph, "input"), ...leavesOf(graph, "parameter")].map(({ name, shape, dtype }) => [
            name,
            Array.from({ length: elementCount(shape) }, () => (dtype === "f32" ? random.uniform() : 9)),
          ]),
        );
        const [eager, recomputing] = [graph, applySavePolicy(graph, policy)].map((each) =>
          interpretGraph(each, leaves),
        );
        expect(recomputing?.outputs).toEqual(eager?.outputs);
        expect(recomputing?.states).toEqual(eager?.states);
      }),
      { numRuns: 50 },
    );
  });

  it("leaves valid plans, and runs each node again at most once, just before somebody needs it", () => {
    fc.assert(
      fc.property(instructions(14), (program) => {
        const graph = applySavePolicy(randomGraph(program, true), policy);
        expect(validatePlan(graph, planMemory(graph, deviceProfiles.swiftshader))).toEqual([]);
        const isCopy = (index: number): boolean =>
          graph.values[graph.nodes[index]?.outputs[0] ?? -1]?.name.endsWith("(recomputed)") === true;
        const names = graph.values.map(({ name }) => name).filter((name) => name.endsWith("(recomputed)"));
        expect(new Set(names).size).toBe(names.length);
        graph.nodes.forEach((node, index) => {
          if (!isCopy(index)) return;
          expect(node.phase).toBe("backward");
          if (isCopy(index + 1)) return;
          expect(graph.nodes[index + 1]?.inputs.some((id) => node.outputs.includes(id))).toBe(true);
        });
      }),
    );
  });

  it("leaves a graph without a backward pass as it is", () => {
    const graph = encoderStep({ layers: 1, batch: 2, length: 4, width: 8, heads: 2, rank: 2, train: false });
    expect(applySavePolicy(graph, policy)).toEqual(graph);
  });
});

describe("the save policy recompute", () => {
  it("computes the same bits as eager in any graph", async () => {
    await fc.assert(
      fc.asyncProperty(instructions(12), async (program) => {
        const graph = randomGraph(program, true);
        expect(await threeSteps(applySavePolicy(graph, "recompute"))).toEqual(await threeSteps(graph));
      }),
      { numRuns: 25 },
    );
  });

  it("keeps the fewest bytes that an exhaustive search finds", () => {
    let searched = 0;
    fc.assert(
      fc.property(instructions(3), (program) => {
        const graph = randomGraph(program, true);
        const least = leastBytes(graph);
        if (least === null) return;
        searched += 1;
        expect(savedBytes(graph, "recompute")).toBe(least);
      }),
      { numRuns: 100 },
    );
    expect(searched).toBeGreaterThan(50);
  });

  it("never keeps more than eager", () => {
    fc.assert(
      fc.property(instructions(14), (program) => {
        const graph = randomGraph(program, true);
        expect(savedBytes(graph, "recompute")).toBeLessThanOrEqual(savedBytes(graph, "eager"));
      }),
    );
  });
});

describe("the save policy eager", () => {
  it("is the graph as it was built", () => {
    const graph = encoderStep({ layers: 1, batch: 2, length: 4, width: 8, heads: 2, rank: 2 });
    expect(applySavePolicy(graph, "eager")).toBe(graph);
    expect(savePolicies).toEqual(["eager", "recompute", "layer"]);
  });
});

describe("what is kept of a feed-forward block: layer norm, frozen linear, GELU, linear with LoRA", () => {
  const [n, d, r] = [6, 8, 2];

  function block(trainBelow: boolean): Graph {
    const graph = new GraphBuilder();
    const frozen = (name: string, shape: readonly number[]) => graph.parameter(name, shape, FROZEN);
    const below = graph.parameter("below", [d, d], { ...ADAPTER, trainable: trainBelow });
    const a = graph.parameter("a", [4 * d, r], ADAPTER);
    const b = graph.parameter("b", [r, d], ADAPTER);
    const x = graph.input("x", [n, d], "f32").matmul(below);
    const normal = x.layerNorm(frozen("gamma", [d]), frozen("beta", [d]), 1e-5);
    const y = normal.matmul(frozen("up", [d, 4 * d])).gelu();
    const z = y.matmul(frozen("down", [4 * d, d])).add(y.matmul(a).matmul(b));
    const loss = z.sum();
    graph.output("loss", loss);
    const trainable = trainBelow ? [below, a, b] : [a, b];
    addOptimizerStep(
      graph,
      loss,
      trainable.map((tensor) => ({ tensor })),
      ADAMW,
    );
    return graph.finish();
  }

  it("is the input of LoRA alone where nothing below is trained", () => {
    const graph = block(false);
    expect(savedBytes(graph, "eager")).toBe(F32 * n * (4 * d + r));
    expect(savedBytes(graph, "recompute")).toBe(F32 * n * (4 * d + r));
  });

  it("is what GELU and layer norm read besides, where something is: recompute keeps one of each pair", () => {
    const graph = block(true);
    expect(savedBytes(graph, "eager")).toBe(F32 * n * (d + 2 + 4 * d + 4 * d + r));
    expect(savedBytes(graph, "recompute")).toBe(F32 * n * (d + 4 * d + r));
  });
});

describe("what is kept of attention", () => {
  const [heads, length, width] = [2, 6, 4];

  function attention(recomputable: boolean): Graph {
    const graph = new GraphBuilder();
    const x = graph.input("x", [heads, length, width], "f32");
    const weights = ["wq", "wk", "wv"].map((name) => graph.parameter(name, [width, width], ADAPTER));
    const [q, k, v] = weights.map((weight) => x.matmul(weight));
    if (q === undefined || k === undefined || v === undefined) throw new RangeError();
    const scores = q.matmul(k, { transposeB: true, scale: 0.5, recomputable });
    const probability = scores.softmax().dropout(0.1, graph.input("noiseKey", [], "u32"));
    const loss = probability.matmul(v).square().mean();
    graph.output("loss", loss);
    addOptimizerStep(
      graph,
      loss,
      weights.map((tensor) => ({ tensor })),
      ADAMW,
    );
    return graph.finish();
  }
  const rows = `${heads * length}x${width}`;
  const square = `${heads}x${length}x${length}`;
  const context = `matmul ${heads}x${length}x${width}`;
  const projections = [`matmul ${rows}`, `matmul ${rows}`, `matmul ${rows}`];

  it("is all of length x length in eager: the softmax and what dropout leaves of it", () => {
    const expected = [...projections, `softmax ${square}`, `dropout ${square}`, context];
    expect(saved(attention(true), "eager")).toEqual(expected);
  });

  it("is nothing of length x length where the scores may be computed again", () => {
    expect(saved(attention(true), "recompute")).toEqual([...projections, context]);
  });

  it("is one such tensor where they may not", () => {
    expect(saved(attention(false), "recompute")).toEqual([...projections, `softmax ${square}`, context]);
  });
});
