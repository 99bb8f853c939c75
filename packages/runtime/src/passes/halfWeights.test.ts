import { describe, expect, it } from "vitest";
import { createCpuExecutor } from "../execute/cpu/executor.ts";
import { GraphBuilder } from "../graph/builder.ts";
import type { Graph } from "../graph/graph.ts";
import { addOptimizerStep } from "../optim/optimizer.ts";
import { deviceProfiles } from "../plan/deviceProfile.ts";
import { planMemory } from "../plan/memoryPlan.ts";
import { ADAMW } from "../plan/testGraphs.ts";
import { roundFrozenWeightsToHalf, storeFrozenWeightsAsHalf } from "./halfWeights.ts";

const frozen = { role: "baseWeight", trainable: false } as const;

/** A table, a frozen and a trained matrix, a table that is read by an op without f16, and a bias. */
function trainingGraph(): Graph {
  const graph = new GraphBuilder();
  const words = graph.parameter("words", [10, 4], frozen).rows(graph.input("ids", [3], "i32"));
  const positions = graph.parameter("positions", [8, 4], frozen).slice(0, 0, 3);
  const hidden = words.add(positions).matmul(graph.parameter("weight", [4, 6], frozen));
  const trained = graph.parameter("trained", [6, 2], { role: "adapterWeight", trainable: true });
  const loss = hidden
    .add(graph.parameter("bias", [6], frozen))
    .matmul(trained)
    .square()
    .sum();
  graph.output("loss", loss);
  addOptimizerStep(graph, loss, [{ tensor: trained }], ADAMW);
  return graph.finish();
}

describe("frozen weights stored as f16", () => {
  const before = trainingGraph();
  const graph = storeFrozenWeightsAsHalf(before);
  const dtypes = new Map(graph.values.map(({ name, dtype }) => [name, dtype]));

  it("are the frozen matrices and tables, and nothing else", () => {
    const halves = [...dtypes].filter(([, dtype]) => dtype === "f16").map(([name]) => name);
    expect(halves.toSorted()).toEqual(["positions", "weight", "words"]);
  });

  it("are converted only before ops that take no f16", () => {
    const conversions = graph.nodes.filter(({ op }) => op === "toFloat32");
    expect(conversions.map(({ inputs }) => graph.values[inputs[0] ?? -1]?.name)).toEqual(["positions"]);
  });

  it("take half the bytes in the plan", () => {
    const bytes = (made: Graph): number =>
      planMemory(made, deviceProfiles.generic).persistentBytesByRole.baseWeight;
    expect(bytes(before) - bytes(graph)).toBe(2 * (10 * 4 + 8 * 4 + 4 * 6));
  });

  it("are rounded in the store by what the graph says of them", () => {
    const tensor = (shape: readonly number[], value: number) =>
      ({
        shape,
        dtype: "f32",
        data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(value),
      }) as const;
    const given = new Map([
      ["weight", tensor([4, 6], 1 + 2 ** -12)],
      ["bias", tensor([6], 1 + 2 ** -12)],
    ]);
    const rounded = roundFrozenWeightsToHalf(graph, given);
    expect(rounded.get("weight")).toEqual({
      shape: [4, 6],
      dtype: "f16",
      data: new Uint16Array(24).fill(0x3c00),
    });
    expect(rounded.get("bias")).toBe(given.get("bias"));
  });

  it("are refused by the CPU executor", async () => {
    const executor = createCpuExecutor({ threads: 1 });
    const data = new Uint16Array(24);
    const store = new Map([["weight", { shape: [4, 6], dtype: "f16", data } as const]]);
    await expect(executor.createStore(store).then((made) => executor.compile(graph, made))).rejects.toThrow(
      /f16/,
    );
    await executor.dispose();
  });
});
