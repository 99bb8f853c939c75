import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gradients } from "../../autodiff/gradients.ts";
import { createCpuExecutor } from "../../execute/cpu/executor.ts";
import { runSteps } from "../../execute/webgpu/testing/runSteps.ts";
import { GraphBuilder } from "../../graph/builder.ts";
import type { Graph, GraphNode } from "../../graph/graph.ts";
import { leavesOf } from "../../graph/graph.ts";
import { elementCount } from "../../graph/spec.ts";
import type { Tensor } from "../../graph/tensor.ts";
import type { FusedAttributes } from "../../ops/fused.ts";
import { isFusible } from "../../ops/fused.ts";
import { deviceProfiles } from "../../plan/deviceProfile.ts";
import { planMemory } from "../../plan/memoryPlan.ts";
import { encoderStep, instructions, randomGraph } from "../../plan/testGraphs.ts";
import { validatePlan } from "../../plan/validate.ts";
import { createRandom } from "../../random/generator.ts";
import type { ArbitraryProgram } from "../../testing/arbitraryProgram.ts";
import { arbitraryProgram, buildProgram } from "../../testing/arbitraryProgram.ts";
import { describeMismatch } from "../../testing/compare.ts";
import { interpretGraph } from "../../testing/referenceInterpreter.ts";
import { applySavePolicy, savePolicies } from "../savePolicy.ts";
import { fusePointwise } from "./fusePointwise.ts";

const FROZEN = { role: "baseWeight", trainable: false } as const;
const STATISTIC = { role: "optimizerState", trainable: true } as const;
const LIMITS = { maxStorageBuffers: 8 };

/** Op of each node, a fused one as the ops of its steps. */
function opsOf(graph: Graph): readonly string[] {
  return graph.nodes.map((node) => (node.op === "fused" ? stepsOf(node).join("+") : node.op));
}

function stepsOf({ attributes }: GraphNode): readonly string[] {
  return (attributes as FusedAttributes).steps.map(({ op }) => op);
}

function peakOf(graph: Graph): number {
  return planMemory(graph, deviceProfiles.generic).peakLiveBytes;
}

/** Values of all leaves, dropout's key and row numbers among them. */
function leavesFor(graph: Graph): ReadonlyMap<string, ArrayLike<number>> {
  const random = createRandom(5, "interpreter");
  return new Map(
    [...leavesOf(graph, "input"), ...leavesOf(graph, "parameter")].map(({ name, shape, dtype }) => [
      name,
      Array.from({ length: elementCount(shape) }, () => (dtype === "f32" ? random.normal() : 1)),
    ]),
  );
}

/** All that must hold of a fused graph, whatever it is made of. Gives the fused graph. */
function expectFaithful(graph: Graph, limits = LIMITS): Graph {
  const fused = fusePointwise(graph, limits);
  const leaves = leavesFor(graph);
  const [actual, expected] = [interpretGraph(fused, leaves), interpretGraph(graph, leaves)];
  expect(actual.outputs).toEqual(expected.outputs);
  expect(actual.states).toEqual(expected.states);
  expect(peakOf(fused)).toBeLessThanOrEqual(peakOf(graph));
  expect(validatePlan(fused, planMemory(fused, deviceProfiles.swiftshader))).toEqual([]);
  for (const node of fused.nodes) {
    if (node.op !== "fused") continue;
    expect(node.inputs.length + node.outputs.length).toBeLessThanOrEqual(limits.maxStorageBuffers);
    expect(stepsOf(node).length).toBeGreaterThan(1);
  }
  const phases = (of: Graph, phase: string): readonly string[] =>
    of.nodes.flatMap((node) => (node.phase !== phase ? [] : node.op === "fused" ? stepsOf(node) : [node.op]));
  for (const phase of ["forward", "backward", "optimizer"])
    expect(phases(fused, phase).toSorted()).toEqual(phases(graph, phase).toSorted());
  expect(fusePointwise(fused, limits)).toBe(fused);
  return fused;
}

function programGraph(program: ArbitraryProgram): Graph {
  const graph = new GraphBuilder();
  const leaves = program.leafShapes.map((shape, index) => graph.input(`leaf${index}`, shape, "f32"));
  const made = buildProgram(program, leaves);
  const loss = [...leaves, ...made].reduce((sum, tensor) => sum.add(tensor.mean()), graph.scalar(0));
  gradients(loss, leaves).forEach((gradient, index) => {
    graph.output(`gradient${index}`, gradient);
  });
  made.forEach((tensor, index) => {
    if (index % 3 === 0) graph.output(`output${index}`, tensor);
  });
  graph.output("loss", loss);
  return graph.finish();
}

describe("a graph with its pointwise chains fused", () => {
  it("computes the same numbers in no more memory, whatever the program and its gradients", () => {
    let fusedNodes = 0;
    fc.assert(
      fc.property(arbitraryProgram(20), fc.integer({ min: 4, max: 10 }), (program, maxStorageBuffers) => {
        const fused = expectFaithful(programGraph(program), { maxStorageBuffers });
        fusedNodes += fused.nodes.filter(({ op }) => op === "fused").length;
      }),
      { numRuns: 100 },
    );
    expect(fusedNodes).toBeGreaterThan(100);
  });

  it("updates the same parameters, whatever the training step and its save policy", () => {
    fc.assert(
      fc.property(
        instructions(14),
        fc.boolean(),
        fc.constantFrom(...savePolicies),
        (program, train, policy) => {
          expectFaithful(applySavePolicy(randomGraph(program, train), policy));
        },
      ),
      { numRuns: 100 },
    );
  });

  it("runs on the CPU executor too, step by step", async () => {
    const executor = createCpuExecutor({ threads: 1 });
    const graph = encoderStep({ layers: 2, batch: 3, length: 5, width: 12, heads: 3, rank: 2 });
    const [actual, expected] = [
      await runSteps(executor, fusePointwise(graph, LIMITS), 3),
      await runSteps(executor, graph, 3),
    ];
    for (const [name, values] of expected.parameters) {
      const tolerance = { relative: 1e-5, absolute: 1e-6 };
      expect(describeMismatch(actual.parameters.get(name) ?? [], values, tolerance), name).toBeNull();
    }
  });

  it("has one node for bias, dropout and residual, and for bias and activation, in an encoder", () => {
    const graph = encoderStep({ layers: 2, batch: 3, length: 5, width: 12, heads: 3, rank: 2 });
    const ops = opsOf(expectFaithful(graph));
    const count = (wanted: string): number => ops.filter((op) => op === wanted).length;
    expect(count("add+gelu")).toBe(2);
    expect(count("add+dropout+add")).toBe(4);
    expect(count("add+mul+add")).toBe(2);
    expect(count("gelu") + count("mul+add") + count("add+dropout")).toBe(0);
    const computing = (of: Graph): number => of.nodes.filter(({ op }) => op !== "reshape").length;
    expect(computing(graph) - computing(fusePointwise(graph, LIMITS))).toBe(19);
  });
});

describe("what is fused", () => {
  const [rows, width] = [6, 8];
  const bytes = rows * width * 4;

  function build(body: (graph: GraphBuilder, x: Tensor, bias: Tensor) => void): Graph {
    const graph = new GraphBuilder();
    const bias = graph.parameter("bias", [width], FROZEN);
    body(graph, graph.input("x", [rows, width], "f32").softmax(), bias);
    return graph.finish();
  }

  it("leaves nothing of what only its own steps read in memory", () => {
    const graph = build((of, x, bias) => of.output("y", x.add(bias).gelu().mul(3).softmax()));
    const fused = expectFaithful(graph);
    expect(opsOf(fused)).toEqual(["softmax", "add+gelu+mul", "softmax"]);
    expect(fused.nodes[1]?.inputs).toHaveLength(2);
    // The literal is a part of the node.
    expect(leavesOf(fused, "constant")).toEqual([]);
    // x, its softmax, what the fused node makes and the softmax of that; beside the bias.
    const { tensors } = planMemory(fused, deviceProfiles.generic);
    expect(tensors.map((tensor) => tensor.bytes).toSorted((a, b) => a - b)).toEqual([
      width * 4,
      ...[bytes, bytes, bytes, bytes],
    ]);
  });

  it("makes what is read later an output beside the last", () => {
    const graph = build((of, x, bias) => {
      const h = x.add(bias);
      of.output("y", h.gelu().softmax().mul(h.softmax()).sum().add(x.sum()));
    });
    const fused = expectFaithful(graph);
    expect(opsOf(fused)).toContain("add+gelu");
    expect(fused.nodes.find(({ op }) => op === "fused")?.outputs).toHaveLength(2);
  });

  it("is not a chain whose operands would all be alive together at the peak", () => {
    // Apart, at most two tensors are alive; together x, h and y would be.
    const graph = build((of, x, bias) => {
      const h = x.add(bias);
      of.output("h", h);
      of.output("y", h.gelu());
    });
    expect(opsOf(expectFaithful(graph))).toEqual(["softmax", "add", "gelu"]);
  });

  it("is not a chain across something that reads its middle before its end", () => {
    const graph = build((of, x, bias) => {
      const h = x.add(bias);
      const mean = h.mean([-1], true);
      of.output("y", h.sub(mean).square().softmax());
    });
    expect(opsOf(expectFaithful(graph))).toEqual(["softmax", "add", "mean", "sub+square", "softmax"]);
  });

  it("does not mix shapes or phases", () => {
    const graph = build((of, x, bias) => {
      const small = bias.exp().neg();
      const y = x.mul(small).tanh();
      of.output("y", of.withPhase("backward", () => y.square().neg()).softmax());
    });
    expect(opsOf(expectFaithful(graph))).toEqual(["softmax", "exp+neg", "mul+tanh", "square+neg", "softmax"]);
  });

  it("writes the next value of a parameter over it, where it is read element by element", () => {
    const graph = build((of, x) => {
      const mean = of.parameter("mean", [rows, width], STATISTIC);
      of.updateParameter(mean, mean.mul(0.9).add(x.mul(0.1)));
      of.output("x", x.sum());
    });
    const fused = expectFaithful(graph);
    const update = fused.nodes.find(({ op }) => op === "fused");
    expect(update?.attributes).toMatchObject({
      inPlace: [update?.inputs.indexOf(fused.states[0]?.input ?? -1)],
    });
    const { tensors } = planMemory(fused, deviceProfiles.generic);
    expect(tensors[update?.outputs[0] ?? -1]?.place.kind).toBe("shared");
  });

  it("is every op of one element, and nothing else", () => {
    for (const op of ["add", "gelu", "geluGradient", "select", "dropout", "greater"])
      expect(isFusible(op), op).toBe(true);
    for (const op of ["matmul", "softmax", "sum", "adamw", "broadcastTo", "fused"])
      expect(isFusible(op), op).toBe(false);
  });
});
