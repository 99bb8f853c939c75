import { describe, expect, it } from "vitest";
import { createCpuExecutor } from "../execute/cpu/executor.ts";
import { GraphBuilder } from "../graph/builder.ts";
import type { HostTensor, Shape } from "../graph/spec.ts";
import { elementCount } from "../graph/spec.ts";
import type { Tensor } from "../graph/tensor.ts";
import { createRandom } from "../random/generator.ts";
import { accumulatorName, addAccumulatedUpdate, addGradientAccumulation } from "./accumulation.ts";
import { adamWInputs, momentNames } from "./adamw.ts";
import { addOptimizerStep } from "./optimizer.ts";

const ADAMW = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, maxGradientNorm: 0.5 } as const;
const SHAPE = [3, 2];

function declare(graph: GraphBuilder): Tensor {
  return graph.parameter("w", SHAPE, { role: "adapterWeight", trainable: true });
}

/** Sum of squared errors over the rows given, over a fixed count, so that micro-batches add up to the batch. */
function loss(graph: GraphBuilder, w: Tensor, rows: number, batchRows: number): Tensor {
  const x = graph.input("x", [rows, 3], "f32");
  const y = graph.input("y", [rows, 2], "f32");
  return x
    .matmul(w)
    .sub(y)
    .square()
    .sum()
    .mul(1 / batchRows);
}

function parameters(initial: Float32Array): Map<string, HostTensor> {
  const tensor = (data: Float32Array, shape: Shape = SHAPE): HostTensor => ({ shape, dtype: "f32", data });
  const { first, second } = momentNames("w");
  return new Map([
    ["w", tensor(initial.slice())],
    ...[first, second, accumulatorName("w")].map((name): [string, HostTensor] => [
      name,
      tensor(new Float32Array(elementCount(SHAPE))),
    ]),
  ]);
}

describe("gradient accumulation", () => {
  it("over micro-batches makes the steps of the whole batch, round after round", async () => {
    const [micro, batches, rounds] = [4, 3, 3];
    const rows = micro * batches;
    const random = createRandom(4, "accumulation");
    const draw = (count: number): Float32Array => Float32Array.from({ length: count }, () => random.normal());
    const initial = draw(6);

    const whole = new GraphBuilder();
    addOptimizerStep(whole, loss(whole, declare(whole), rows, rows), [{ tensor: declare(whole) }], ADAMW);
    const part = new GraphBuilder();
    addGradientAccumulation(part, loss(part, declare(part), micro, rows), [{ tensor: declare(part) }]);
    const update = new GraphBuilder();
    addAccumulatedUpdate(update, [{ tensor: declare(update) }], ADAMW);

    const executor = createCpuExecutor({ threads: 1 });
    const [wholeStore, partStore] = [
      await executor.createStore(parameters(initial)),
      await executor.createStore(parameters(initial)),
    ];
    const wholeProgram = await executor.compile(whole.finish(), wholeStore);
    const partProgram = await executor.compile(part.finish(), partStore);
    const updateProgram = await executor.compile(update.finish(), partStore);
    for (let round = 0; round < rounds; round++) {
      const [x, y] = [draw(rows * 3), draw(rows * 2)];
      const optimizer = adamWInputs(round, 0.05, ADAMW);
      const expected = await wholeProgram.run({ x, y, ...optimizer });
      for (let batch = 0; batch < batches; batch++) {
        await partProgram.run({
          x: x.slice(batch * micro * 3, (batch + 1) * micro * 3),
          y: y.slice(batch * micro * 2, (batch + 1) * micro * 2),
        });
      }
      const actual = await updateProgram.run(optimizer);
      expect(actual.gradientNorm?.data[0]).toBeCloseTo(expected.gradientNorm?.data[0] as number, 4);
      expect([...(await partStore.read(accumulatorName("w")))]).toEqual([0, 0, 0, 0, 0, 0]);
      const [a, b] = [await partStore.read("w"), await wholeStore.read("w")];
      a.forEach((value, index) => {
        expect(value).toBeCloseTo(b[index] as number, 5);
      });
    }
  });
});
