import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { architectureOf, openCheckpoint, openFile, openSafetensors } from "@peftbench/models";
import type { HostTensor, Tensor } from "@peftbench/runtime";
import { createCpuExecutor, GraphBuilder, gradients } from "@peftbench/runtime";
import { describe, expect, it } from "vitest";
import { addPretrainingLoss, parametersOf } from "./graphs.ts";
import { MASKING_INPUTS } from "./masking.ts";
import { NEXT_SENTENCE_INPUTS } from "./nextSentence.ts";

const folder = fileURLToPath(new URL("../../../models/fixtures/pretraining", import.meta.url));
const PLACES = 2;
/** As for the classifier's fixtures: float32 differs from float64 by 2e-6 in PyTorch itself. */
const TOLERANCE = 1e-5;

describe("BERT's pretraining heads beside BertForPreTraining", () => {
  it("has PyTorch's losses and the gradient of every parameter, the tied embeddings' among them", async () => {
    const checkpoint = await openCheckpoint(folder);
    const architecture = architectureOf(checkpoint.config);
    const model = { architecture, config: architecture.parseConfig(checkpoint.config) };
    const declared = parametersOf(model);
    const values = new Map<string, HostTensor>();
    for (const { name, shape } of declared) {
      values.set(name, { shape, dtype: "f32", data: await checkpoint.readFloat32(name) });
    }
    await checkpoint.close();
    const inputs = await tensorsOf("inputs.safetensors");
    const expected = await tensorsOf("expected.safetensors");
    const [rows, length] = [3, 11];
    const feeds = feedsOf(inputs, rows, length);

    const graph = new GraphBuilder();
    const loss = addPretrainingLoss(
      graph,
      model,
      { rows, length, places: PLACES },
      {
        dropout: 0,
        nextSentenceWeight: 1,
      },
    );
    const trainable = declared.map(({ name, shape }) =>
      graph.parameter(name, shape, { role: "baseWeight", trainable: true }),
    );
    gradients(loss, trainable).forEach((gradient, index) => {
      graph.output(`gradient.${(trainable[index] as Tensor).name}`, gradient);
    });
    const executor = createCpuExecutor({ threads: 1 });
    const program = await executor.compile(graph.finish(), await executor.createStore(values));
    const found = await program.run(feeds);
    await program.dispose();

    for (const [name, losses] of [
      ["tokenLoss", "losses"],
      ["nextSentenceLoss", "nextSentenceLosses"],
    ] as const) {
      expectClose(
        name,
        (found[name] as HostTensor).data,
        Float32Array.of(meanOf(expected.get(losses) as Float32Array)),
      );
    }
    const names = [...expected.keys()].filter((name) => name === "loss" || name.startsWith("gradient."));
    expect(names.length).toBe(declared.length + 1);
    for (const name of names) {
      expectClose(name, (found[name] as HostTensor).data, expected.get(name) as Float32Array);
    }
  });
});

function expectClose(name: string, found: ArrayLike<number>, expected: Float32Array): void {
  expect(found.length, name).toBe(expected.length);
  const differences = [...expected].map((value, index) => Math.abs(value - (found[index] as number)));
  expect(Math.max(...differences), name).toBeLessThan(TOLERANCE);
}

async function tensorsOf(file: string): Promise<ReadonlyMap<string, Float32Array>> {
  const source = await openFile(join(folder, file));
  const { tensors, readFloat32 } = await openSafetensors(source);
  const values = new Map<string, Float32Array>();
  for (const name of tensors.keys()) values.set(name, await readFloat32(name));
  await source.close();
  return values;
}

function meanOf(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The fixture's batch as the graph's inputs. */
function feedsOf(inputs: ReadonlyMap<string, Float32Array>, rows: number, length: number) {
  const array = (name: string): Float32Array => inputs.get(name) as Float32Array;
  const labels = array("labels");
  const selection = new Float32Array(rows * PLACES * length);
  const placeLabels = new Int32Array(rows * PLACES);
  const counted: number[] = [];
  for (let row = 0; row < rows; row++) {
    let next = row * PLACES;
    for (let token = 0; token < length; token++) {
      const label = labels[row * length + token] as number;
      if (label < 0) continue;
      selection[next * length + token] = 1;
      placeLabels[next] = label;
      counted.push(next++);
    }
  }
  const placeWeight = new Float32Array(rows * PLACES);
  for (const place of counted) placeWeight[place] = 1 / counted.length;
  return {
    inputIds: Int32Array.from(array("input_ids")),
    typeIds: Int32Array.from(array("token_type_ids")),
    attentionMask: array("attention_mask"),
    [MASKING_INPUTS.selection]: selection,
    [MASKING_INPUTS.labels]: placeLabels,
    [MASKING_INPUTS.placeWeight]: placeWeight,
    [NEXT_SENTENCE_INPUTS.labels]: Int32Array.from(array("next_sentence_label")),
    [NEXT_SENTENCE_INPUTS.pairWeight]: new Float32Array(rows).fill(1 / rows),
  };
}
