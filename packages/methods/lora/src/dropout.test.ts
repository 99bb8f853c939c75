import { fileURLToPath } from "node:url";
import type { LinearSite } from "@peftbench/peft";
import { attachMethod, loraNames } from "@peftbench/peft";
import { smallBert } from "@peftbench/peft/conformance";
import { largestDifference, readTensors } from "@peftbench/peft/parity";
import { createCpuExecutor, GraphBuilder, gradients } from "@peftbench/runtime";
import { expect, it } from "vitest";
import { lora } from "./index.ts";

const FIXTURE = fileURLToPath(
  new URL("../../../harness/fixtures/training/options/dropout.safetensors", import.meta.url),
);
const [ROWS, INPUTS, OUTPUTS, RANK] = [5, 6, 4, 3];
const PROBABILITY = 0.4;

it("puts dropout where peft's layer has it: the same output and gradients under the same mask", async () => {
  const tensors = await readTensors(FIXTURE);
  const config = { rank: RANK, alpha: 2 * RANK, dropout: PROBABILITY, targetModules: ["query"] };
  const [stage] = attachMethod(lora, smallBert, config, { totalSteps: 1 }).stages;
  const described = smallBert.architecture.linearModules(smallBert.config, smallBert.head);
  const query = described.find(({ name }) => name.endsWith(".query"));
  if (query === undefined || stage?.linear === undefined) throw new Error("There must be a query.");
  const module = { ...query, inFeatures: INPUTS, outFeatures: OUTPUTS };
  const names = loraNames(module);

  const graph = new GraphBuilder();
  const x = graph.input("x", [ROWS, INPUTS], "f32");
  const weight = graph.input("weight", [OUTPUTS, INPUTS], "f32");
  const factors = new Map([
    [names.a, graph.input("a", [RANK, INPUTS], "f32")],
    [names.b, graph.input("b", [OUTPUTS, RANK], "f32")],
  ]);
  const asked: number[] = [];
  const parameter: LinearSite["parameter"] = (name) => {
    const found = factors.get(name);
    if (found === undefined) throw new Error(`No tensor ${name}.`);
    return found;
  };
  const y = stage.linear({
    graph,
    module,
    x,
    weight: () => weight,
    base: () => x.matmul(weight, { transposeB: true }).add(graph.input("bias", [OUTPUTS], "f32")),
    parameter,
    dropout: (dropped, probability) => {
      asked.push(probability);
      return dropped.mul(graph.input("mask", [ROWS, INPUTS], "f32"));
    },
  });
  if (y === null) throw new Error("The module must be adapted.");
  const loss = y.mul(graph.input("y_gradient", [ROWS, OUTPUTS], "f32")).sum();
  const [ofX, ofA, ofB] = gradients(loss, [x, parameter(names.a), parameter(names.b)]);
  const outputs = { y, x_gradient: ofX, a_gradient: ofA, b_gradient: ofB };
  for (const [name, tensor] of Object.entries(outputs)) if (tensor !== undefined) graph.output(name, tensor);

  const executor = createCpuExecutor({ threads: 1 });
  const program = await executor.compile(graph.finish(), await executor.createStore(new Map()));
  const inputs = ["x", "weight", "bias", "a", "b", "mask", "y_gradient"];
  const found = await program.run(
    Object.fromEntries(inputs.map((name) => [name, tensors.get(name) as Float32Array])),
  );
  expect(asked).toEqual([PROBABILITY]);
  for (const name of Object.keys(outputs)) {
    expect(largestDifference(found[name]?.data ?? [], tensors.get(name) ?? []), name).toBeLessThan(1e-5);
  }
  await executor.dispose();
});
