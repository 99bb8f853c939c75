/**
 * Holds our forward pass of a real checkpoint against transformers on real sentences, and prints the largest
 * differences as JSON. Padding positions are left out: nothing reads them (see README.md).
 *
 *   tsx benchmarks/peers/pytorch/compareForward.ts --model MODEL_FOLDER --data GLUE_FOLDER --python PYTHON [--sentences 64]
 */
import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { sequenceTokenizer } from "@peftbench/harness";
import type { PretrainedModel, TensorFile, TensorToWrite } from "@peftbench/models";
import {
  loadPretrained,
  loadTokenizer,
  openFile,
  openSafetensors,
  writeSafetensors,
} from "@peftbench/models";
import type { MethodStage } from "@peftbench/peft";
import { buildModelGraph } from "@peftbench/peft";
import type { Executor, ParameterStore, ProgramOutputs } from "@peftbench/runtime";
import { createCpuExecutor, GraphBuilder } from "@peftbench/runtime";
import type { Batch } from "@peftbench/tasks";
import { findTask, loadTask, makeBatch, tokenizeExamples } from "@peftbench/tasks";

const BATCH_ROWS = 16;
const HEAD = { kind: "classification", labelCount: 2 } as const;
const FROZEN: MethodStage = { name: "frozen", fromStep: 0, parameters: [], trainsBase: () => false };

async function compareForward(options: {
  readonly model: string;
  readonly data: string;
  readonly python: string;
  readonly sentences: number;
}): Promise<object> {
  const model = await loadPretrained(options.model, HEAD, { seed: 0 });
  const batches = await realBatches(options.model, options.data, options.sentences);
  const scratch = await mkdtemp(join(tmpdir(), "peftbench-forward-"));
  try {
    const expected = await runTransformers(options, model, batches, scratch);
    const executor = createCpuExecutor({ threads: 2 });
    const store = await executor.createStore(model.values);
    const differences = new Map<string, number>();
    for (const [index, batch] of batches.entries()) {
      const outputs = await forward(executor, store, model, batch);
      for (const [name, { data }] of Object.entries(outputs)) {
        const theirs = await expected.readFloat32(`${index}.${name}`);
        const width =
          data.length / (name.startsWith("hidden_states") ? batch.rows * batch.length : batch.rows);
        const real = (position: number): boolean =>
          !name.startsWith("hidden_states") || batch.attentionMask[Math.floor(position / width)] === 1;
        let largest = differences.get(name) ?? 0;
        for (let position = 0; position < data.length; position++) {
          if (!real(position)) continue;
          largest = Math.max(largest, Math.abs((data[position] as number) - (theirs[position] as number)));
        }
        differences.set(name, largest);
      }
    }
    const lengths = batches.map(({ length }) => length);
    return {
      sentences: options.sentences,
      paddedLengths: lengths,
      largestDifference: Object.fromEntries(differences),
    };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** The first sentences of the dev split in their order, so that long and short ones share a batch. */
async function realBatches(
  modelFolder: string,
  dataFolder: string,
  count: number,
): Promise<readonly Batch[]> {
  const tokenizer = sequenceTokenizer(await loadTokenizer(modelFolder));
  const { dev } = await loadTask(findTask("sst2"), { dataFolder });
  const { examples } = tokenizeExamples(dev.slice(0, count), tokenizer, { maxLength: 128 });
  return Array.from({ length: Math.ceil(count / BATCH_ROWS) }, (_, index) => {
    const members = Array.from(
      { length: Math.min(BATCH_ROWS, count - index * BATCH_ROWS) },
      (_, row) => index * BATCH_ROWS + row,
    );
    const length = Math.max(...members.map((member) => examples[member]?.inputIds.length ?? 0));
    const plan = { bucketLength: length, exampleIndices: Int32Array.from(members) };
    return makeBatch(examples, plan, {
      batchSize: members.length,
      padTokenId: tokenizer.padTokenId,
      kind: "classification",
    });
  });
}

async function runTransformers(
  options: { readonly model: string; readonly python: string },
  model: PretrainedModel,
  batches: readonly Batch[],
  scratch: string,
): Promise<TensorFile> {
  const tokens = batches.flatMap((batch, index): TensorToWrite[] =>
    (
      [
        ["input_ids", batch.inputIds],
        ["attention_mask", batch.attentionMask],
        ["token_type_ids", batch.typeIds],
      ] as const
    ).map(([field, data]) => ({
      name: `${index}.${field}`,
      dtype: "I32",
      shape: [batch.rows, batch.length],
      data,
    })),
  );
  const head = [...model.headParameters].map((name): TensorToWrite => {
    const tensor = model.values.get(name);
    return { name, dtype: "F32", shape: tensor?.shape ?? [], data: tensor?.data ?? new Float32Array() };
  });
  const [tokenFile, headFile, outFile] = ["tokens", "head", "out"].map((name) =>
    join(scratch, `${name}.safetensors`),
  );
  if (tokenFile === undefined || headFile === undefined || outFile === undefined)
    throw new Error("unreachable");
  await writeSafetensors(tokenFile, tokens);
  await writeSafetensors(headFile, head);
  const script = fileURLToPath(new URL("forward.py", import.meta.url));
  execFileSync(options.python, [script, options.model, tokenFile, outFile, "--initial", headFile], {
    stdio: "inherit",
  });
  return openSafetensors(await openFile(outFile));
}

async function forward(
  executor: Executor,
  store: ParameterStore,
  model: PretrainedModel,
  batch: Batch,
): Promise<ProgramOutputs> {
  const graph = new GraphBuilder();
  const shape = { ...model, head: HEAD };
  const outputs = buildModelGraph(graph, shape, FROZEN, { rows: batch.rows, length: batch.length }, null);
  outputs.hiddenStates.forEach((hidden, layer) => {
    graph.output(`hidden_states.${layer}`, hidden);
  });
  if (outputs.pooled !== null) graph.output("pooler_output", outputs.pooled);
  graph.output("logits", outputs.logits);
  const program = await executor.compile(graph.finish(), store);
  const result = await program.run({
    inputIds: batch.inputIds,
    typeIds: batch.typeIds,
    attentionMask: Float32Array.from(batch.attentionMask),
  });
  await program.dispose();
  return result;
}

const { values } = parseArgs({
  options: {
    model: { type: "string" },
    data: { type: "string" },
    python: { type: "string" },
    sentences: { type: "string", default: "64" },
  },
});
const { model, data, python } = values;
if (model === undefined || data === undefined || python === undefined) {
  console.error(
    "usage: compareForward.ts --model MODEL_FOLDER --data GLUE_FOLDER --python PYTHON [--sentences 64]",
  );
  process.exit(2);
}
console.log(
  JSON.stringify(await compareForward({ model, data, python, sentences: Number(values.sentences) }), null, 2),
);
