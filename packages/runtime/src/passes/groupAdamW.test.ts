import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createCpuExecutor } from "../execute/cpu/executor.ts";
import { runSteps } from "../execute/webgpu/testing/runSteps.ts";
import { GraphBuilder } from "../graph/builder.ts";
import type { Graph } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import { adamw } from "../ops/adamw.ts";
import type { TrainableParameter } from "../optim/optimizer.ts";
import { addOptimizerStep } from "../optim/optimizer.ts";
import { OPTIMIZER_INPUTS } from "../optim/rule.ts";
import { deviceProfiles } from "../plan/deviceProfile.ts";
import { planMemory } from "../plan/memoryPlan.ts";
import { ADAMW, encoderStep } from "../plan/testGraphs.ts";
import { validatePlan } from "../plan/validate.ts";
import { groupAdamW } from "./groupAdamW.ts";

const SIZES = { layers: 2, batch: 3, length: 5, width: 12, heads: 3, rank: 2 };
const ADAPTER = { role: "adapterWeight", trainable: true } as const;
const MOMENT = { role: "optimizerState", trainable: true } as const;

function peakOf(graph: Graph): number {
  return planMemory(graph, deviceProfiles.generic).peakLiveBytes;
}

function optimizerOps(graph: Graph): readonly string[] {
  return graph.nodes.filter(({ op }) => op.startsWith("adamw")).map(({ op }) => op);
}

/** How many tensors each group updates. */
function groupSizes(graph: Graph): readonly number[] {
  return graph.nodes.flatMap(({ op, outputs }) => (op === "adamwGroup" ? [outputs.length / 3] : []));
}

function step(
  shapes: readonly number[],
  options: (tensor: Tensor, index: number) => TrainableParameter,
): Graph {
  const graph = new GraphBuilder();
  const x = graph.input("x", [3], "f32");
  const weights = shapes.map((rows, index) => graph.parameter(`w${index}`, [rows, 3], ADAPTER));
  const loss = weights
    .map((weight) => weight.mul(x).sum().square())
    .reduce((sum, term) => sum.add(term), graph.scalar(0))
    // So that the peak is not in the optimizer, as in any real step: there even a learning rate would count.
    .add(graph.input("tokens", [1000], "f32").tanh().sum());
  graph.output("loss", loss);
  addOptimizerStep(graph, loss, weights.map(options), ADAMW);
  return graph.finish();
}

describe("updates in groups", () => {
  it("make the same bits as one by one, with valid plans, no higher peak, and all written in place", async () => {
    const graph = encoderStep(SIZES);
    const grouped = groupAdamW(graph);
    expect(optimizerOps(graph)).toEqual(Array.from({ length: 5 }, () => "adamw"));
    expect(optimizerOps(grouped)).toEqual(["adamwGroup"]);
    expect(peakOf(grouped)).toBeLessThanOrEqual(peakOf(graph));
    const plan = planMemory(grouped, deviceProfiles.swiftshader);
    expect(validatePlan(grouped, plan)).toEqual([]);
    for (const { output, input } of grouped.states)
      expect(plan.tensors[output]?.place).toEqual({ kind: "shared", with: input });
    const executor = createCpuExecutor({ threads: 1 });
    expect(await runSteps(executor, grouped, 3)).toEqual(await runSteps(executor, graph, 3));
  });

  it("are those that share weight decay, learning rate and flags", () => {
    const mask = (tensor: Tensor): Tensor => tensor.graph.input("mask", [3], "f32") as Tensor;
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            learningRateScale: fc.constantFrom(undefined, 4, 16),
            weightDecay: fc.constantFrom(undefined, 0),
            isMasked: fc.boolean(),
          }),
          { minLength: 1, maxLength: 8 },
        ),
        (choices) => {
          const graph = step(
            choices.map((_, index) => index + 1),
            (tensor, index) => {
              const { learningRateScale, weightDecay, isMasked } = choices[index] ?? { isMasked: false };
              return {
                tensor,
                ...(learningRateScale === undefined ? {} : { learningRateScale }),
                ...(weightDecay === undefined ? {} : { weightDecay }),
                ...(isMasked ? { updateMask: mask(tensor) } : {}),
              };
            },
          );
          const grouped = groupAdamW(graph);
          const counts = new Map<string, number>();
          // Flags made of a mask are another value for each parameter.
          choices.forEach(({ isMasked, ...rest }, index) => {
            const key = isMasked ? `masked ${index}` : JSON.stringify(rest);
            counts.set(key, (counts.get(key) ?? 0) + 1);
          });
          const expected = [...counts.values()].filter((count) => count > 1);
          expect(groupSizes(grouped).toSorted()).toEqual(expected.toSorted());
          expect(peakOf(grouped)).toBeLessThanOrEqual(peakOf(graph));
        },
      ),
      { numRuns: 50 },
    );
  });

  it("are not made where gradients, each used as soon as it is known, would have to wait for the last", () => {
    const graph = new GraphBuilder();
    for (const name of ["a", "b", "c"]) update(graph, name, (weight) => weight.softmax());
    const built = graph.finish();
    expect(groupAdamW(built)).toBe(built);
  });

  it("leave alone an update whose result is read before the last of the others", () => {
    const graph = new GraphBuilder();
    const gradients = ["a", "b", "c"].map((name) => graph.input(`gradient of ${name}`, [64], "f32"));
    const next = update(graph, "a", () => gradients[0] as Tensor);
    graph.output("sum", next.sum());
    update(graph, "b", () => gradients[1] as Tensor);
    update(graph, "c", () => gradients[2] as Tensor);
    const grouped = groupAdamW(graph.finish());
    expect(optimizerOps(grouped)).toEqual(["adamw", "adamwGroup"]);
    expect(groupSizes(grouped)).toEqual([2]);
  });
});

/** One AdamW update of 64 numbers, without clipping. Gives the new parameter. */
function update(graph: GraphBuilder, name: string, gradientOf: (weight: Tensor) => Tensor): Tensor {
  const scalars = Object.values(OPTIMIZER_INPUTS).map((input) => graph.input(input, [], "f32"));
  const one = graph.scalar(1);
  const weight = graph.parameter(name, [64], ADAPTER);
  const moments = [0, 1].map((which) => graph.parameter(`${name}: moment ${which}`, [64], MOMENT));
  const { maxGradientNorm: _, ...attributes } = ADAMW;
  const inputs = [weight, gradientOf(weight), ...moments, ...scalars, one, one];
  const next = graph.apply(adamw, inputs, attributes) as Tensor[];
  [weight, ...moments].forEach((old, index) => {
    graph.updateParameter(old, next[index] as Tensor);
  });
  return next[0] as Tensor;
}
