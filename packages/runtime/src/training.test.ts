import { describe, expect, it } from "vitest";
import type { HostTensor } from "./index.ts";
import {
  adamWInputs,
  addOptimizerStep,
  createCpuExecutor,
  createRandom,
  GraphBuilder,
  momentNames,
} from "./index.ts";

const ADAMW = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, maxGradientNorm: 1 } as const;

describe("a training step on the CPU executor", () => {
  it("fits a two-layer network to labels that a rule gives", async () => {
    const [rows, width, hidden, classes] = [16, 3, 8, 2];
    const random = createRandom(7, "training test");
    const graph = new GraphBuilder();
    const x = graph.input("x", [rows, width], "f32");
    const labels = graph.input("labels", [rows], "i32");
    const w1 = graph.parameter("w1", [hidden, width], { role: "adapterWeight", trainable: true });
    const w2 = graph.parameter("w2", [classes, hidden], { role: "head", trainable: true });
    const logits = x.matmul(w1, { transposeB: true }).gelu().matmul(w2, { transposeB: true });
    const loss = logits.crossEntropy(labels).mean();
    graph.output("loss", loss);
    addOptimizerStep(graph, loss, [{ tensor: w1 }, { tensor: w2 }], ADAMW);

    const filled = (shape: readonly number[], next: () => number): HostTensor => {
      const count = shape.reduce((product, size) => product * size, 1);
      return { shape, dtype: "f32", data: Float32Array.from({ length: count }, next) };
    };
    const parameters = new Map<string, HostTensor>();
    for (const [name, shape] of [
      ["w1", [hidden, width]],
      ["w2", [classes, hidden]],
    ] as const) {
      parameters.set(
        name,
        filled(shape, () => random.normal()),
      );
      parameters.set(
        momentNames(name).first,
        filled(shape, () => 0),
      );
      parameters.set(
        momentNames(name).second,
        filled(shape, () => 0),
      );
    }
    const executor = createCpuExecutor({ threads: 1 });
    const store = await executor.createStore(parameters);
    const program = await executor.compile(graph.finish(), store);
    const inputs = filled([rows, width], () => random.normal());
    const targets = Int32Array.from({ length: rows }, (_, row) =>
      (inputs.data[row * width] as number) > (inputs.data[row * width + 1] as number) ? 1 : 0,
    );
    const losses: number[] = [];
    for (let step = 0; step < 200; step++) {
      const { loss: value } = await program.run({
        x: inputs.data,
        labels: targets,
        ...adamWInputs(step, 0.05, ADAMW),
      });
      losses.push(value?.data[0] as number);
    }
    await program.dispose();
    expect(losses.at(0)).toBeGreaterThan(0.3);
    expect(losses.at(-1)).toBeLessThan(0.05);
  });
});
