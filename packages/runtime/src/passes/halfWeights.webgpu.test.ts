import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createCpuExecutor } from "../execute/cpu/executor.ts";
import type { Executor } from "../execute/executor.ts";
import type { WebgpuDevice } from "../execute/webgpu/device/openDevice.ts";
import { openWebgpuDevice } from "../execute/webgpu/device/openDevice.ts";
import { createWebgpuExecutor } from "../execute/webgpu/executor.ts";
import { inputsOf, parametersOf } from "../execute/webgpu/testing/runSteps.ts";
import type { Graph } from "../graph/graph.ts";
import { decodeHalf } from "../graph/half.ts";
import type { HostArray, HostTensor } from "../graph/spec.ts";
import { encoderStep } from "../plan/testGraphs.ts";
import { opCases } from "../testing/cases/index.ts";
import { describeMismatch } from "../testing/compare.ts";
import { caseGraph, caseInputs } from "../testing/gradientGraph.ts";
import { runOnce } from "../testing/opChecks.ts";
import { interpretGraph } from "../testing/referenceInterpreter.ts";
import { roundFrozenWeightsToHalf, storeFrozenWeightsAsHalf } from "./halfWeights.ts";

/** The op's case with every f32 input of two axes or more as a frozen weight, which the pass stores as f16. */
function frozenMatrices(graph: Graph): Graph {
  return {
    ...graph,
    values: graph.values.map((value) =>
      value.source.kind === "input" && value.dtype === "f32" && value.shape.length >= 2
        ? { ...value, source: { kind: "parameter", role: "baseWeight", trainable: false } }
        : value,
    ),
  };
}

function halfLeaves(graph: Graph, leaves: ReadonlyMap<string, HostArray>): ReadonlyMap<string, HostArray> {
  const tensors = new Map(
    graph.values.flatMap(({ name, shape, source }): [string, HostTensor][] => {
      const data = leaves.get(name);
      return data !== undefined && source.kind === "parameter" ? [[name, { shape, dtype: "f32", data }]] : [];
    }),
  );
  const rounded = roundFrozenWeightsToHalf(graph, tensors);
  return new Map([...leaves].map(([name, data]) => [name, rounded.get(name)?.data ?? data]));
}

describe("f16 storage of frozen weights on a device", () => {
  let opened: WebgpuDevice;
  let executor: Executor;
  beforeAll(async () => {
    opened = await openWebgpuDevice({ adapter: "any" });
    executor = createWebgpuExecutor({ device: opened });
  });
  afterAll(() => opened.dispose());

  const cases = opCases.filter(({ op }) => ["matmul", "embedding", "toFloat32", "add"].includes(op));

  it.each(cases.map((opCase) => [`${opCase.op} ${opCase.name}`, opCase] as const))(
    "computes %s from the rounded weights in f32",
    async (_, opCase) => {
      const graph = storeFrozenWeightsAsHalf(frozenMatrices(caseGraph(opCase)));
      if (!graph.values.some(({ dtype }) => dtype === "f16")) return;
      const leaves = halfLeaves(graph, caseInputs(opCase));
      const run = runOnce(executor, graph, leaves);
      if (!opened.profile.supportsF16) {
        await expect(run).rejects.toThrow(/stored as f16, which .* does not have/);
        return;
      }
      const actual = await run;
      const expected = interpretGraph(graph, leaves).outputs.get("output0");
      const tolerance = { relative: 1e-5, absolute: 1e-5 };
      expect(describeMismatch(actual.output0?.data ?? [], expected?.data ?? [], tolerance)).toBeNull();
    },
  );

  it("trains as the CPU does on weights that were rounded before", async (context) => {
    context.skip(!opened.profile.supportsF16, "the adapter has no shader-f16");
    const graph = encoderStep({ layers: 2, batch: 3, length: 9, width: 24, heads: 3, rank: 2 });
    const halfGraph = storeFrozenWeightsAsHalf(graph);
    const halfParameters = roundFrozenWeightsToHalf(halfGraph, parametersOf(graph, 7));
    const rounded = new Map(
      [...halfParameters].map(([name, tensor]): [string, HostTensor] =>
        tensor.dtype === "f16"
          ? [name, { ...tensor, dtype: "f32", data: decodeHalf(tensor.data as Uint16Array) }]
          : [name, tensor],
      ),
    );
    const cpu = createCpuExecutor({ threads: 1 });
    const losses = async (on: Executor, made: Graph, parameters: ReadonlyMap<string, HostTensor>) => {
      const program = await on.compile(made, await on.createStore(parameters));
      const found: number[] = [];
      for (let step = 0; step < 5; step++) {
        const { loss } = await program.run(inputsOf(made, 7, step));
        found.push(loss?.data[0] as number);
      }
      await program.dispose();
      return found;
    };
    const onDevice = await losses(executor, halfGraph, halfParameters);
    const expected = await losses(cpu, graph, rounded);
    const unrounded = await losses(cpu, graph, parametersOf(graph, 7));
    await cpu.dispose();
    onDevice.forEach((loss, step) => {
      expect(Math.abs(loss / (expected[step] as number) - 1)).toBeLessThan(1e-5);
    });
    // Rounding is seen: else the test would pass with weights that were never stored as f16.
    expect(expected).not.toEqual(unrounded);
  });
});
