import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadPretrained, openFile, openSafetensors } from "@peftbench/models";
import type { HostTensor, Tensor } from "@peftbench/runtime";
import { createCpuExecutor, feedsOf, GraphBuilder, gradients } from "@peftbench/runtime";
import { describe, expect, it } from "vitest";
import type { MethodStage } from "./index.ts";
import { bareModel, buildModelGraph, TRAINING_INPUTS } from "./index.ts";
import { largestDifference } from "./parity/differences.ts";
import { ENCODER_TOLERANCE, encoderFixtures, headOf } from "./parity/encoders.ts";
import { readBatch, readTensors } from "./parity/trainingJob.ts";

const models = fileURLToPath(new URL("../../models/fixtures", import.meta.url));

/** PEFT's `lora_alpha / r` of the fixture. */
const SCALE = 1.5;

/** LoRA on what the file has tensors for, written here anew. */
function loraStage(tensors: ReadonlyMap<string, HostTensor>): MethodStage {
  return {
    ...bareModel,
    parameters: [...tensors].map(([name, { shape, data }]) => ({
      name,
      shape,
      trainable: true,
      initialize: () => data as Float32Array,
    })),
    linear: ({ module: { name }, x, base, parameter }) => {
      if (!tensors.has(`${name}.lora_A`)) return null;
      const down = x.matmul(parameter(`${name}.lora_A`), { transposeB: true });
      return base().add(down.matmul(parameter(`${name}.lora_B`), { transposeB: true, scale: SCALE }));
    },
  };
}

// DeBERTa sends relative positions through the modules that make queries and keys of tokens.
describe.each(encoderFixtures.filter(({ name }) => name.startsWith("deberta/")))(
  "adapters of query and key on $name",
  ({ name: fixture, labelCount }) => {
    it("act on positions too: logits and gradients are those of PEFT's LoRA", async () => {
      const folder = join(models, fixture);
      const head = headOf({ labelCount });
      const pretrained = await loadPretrained(folder, head, { seed: 0 });
      const batch = await readBatch(join(folder, "inputs.safetensors"));
      const lora = await readLora(join(folder, "lora.safetensors"));

      const graph = new GraphBuilder();
      const model = { ...pretrained, head };
      const { logits } = buildModelGraph(graph, model, loraStage(lora.values), batch, null);
      const labels = graph.input(TRAINING_INPUTS.labels, [batch.rows], "i32");
      const loss = logits.crossEntropy(labels).mean();
      graph.output("logits", logits);
      const adapters = [...lora.values].map(([name, { shape }]) =>
        graph.parameter(name, shape, { role: "adapterWeight", trainable: true }),
      );
      for (const [index, gradient] of gradients(loss, adapters).entries()) {
        graph.output(`gradient.${(adapters[index] as Tensor).name}`, gradient);
      }

      const executor = createCpuExecutor({ threads: 1 });
      const store = await executor.createStore(new Map([...pretrained.values, ...lora.values]));
      const program = await executor.compile(graph.finish(), store);
      const found = await program.run(feedsOf(program.graph, batch.inputs));
      await executor.dispose();
      expect(lora.values.size).toBe(8);
      for (const [name, values] of lora.expected) {
        expect(largestDifference(found[name]?.data ?? [], values), name).toBeLessThan(ENCODER_TOLERANCE);
      }
    });
  },
);

/** The adapter's tensors by the names of PEFT, and what it computes with them by those of the graph's outputs. */
async function readLora(path: string) {
  const source = await openFile(path);
  const { tensors } = await openSafetensors(source);
  await source.close();
  const values = new Map<string, HostTensor>();
  const expected = new Map<string, Float32Array>();
  for (const [name, data] of await readTensors(path)) {
    if (!name.startsWith("value.")) expected.set(name, data);
    else {
      const shape = tensors.get(name)?.shape ?? [];
      values.set(name.slice("value.".length), { shape, dtype: "f32", data });
    }
  }
  return { values, expected };
}
