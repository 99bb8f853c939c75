import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { methods } from "@peftbench/methods";
import { openCheckpoint } from "@peftbench/models";
import { createCpuExecutor, deviceProfiles } from "@peftbench/runtime";
import type { ChoiceExample } from "@peftbench/tasks";
import { choiceTasks, findPrompt, loadChoices, writeInstruction } from "@peftbench/tasks";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expandGrid } from "../grid/expand.ts";
import type { RunEventBody } from "../result/events.ts";
import { createExecuteCell } from "../training/executeCell.ts";
import { TINY_TRAINING } from "../training/tinyGrid.ts";
import { choiceChecksum, choiceItem } from "./choiceItems.ts";

const fixtures = resolve(import.meta.dirname, "../../../models/fixtures");
const task = choiceTasks.find(({ id }) => id === "arc_easy")!;
const prompt = findPrompt(task.prompt);

/** A token a character. */
const characters = {
  encode: (text: string) => {
    const ids = [...text].map((character) => character.charCodeAt(0));
    return { ids, typeIds: ids.map(() => 0), truncated: false };
  },
};

const example: ChoiceExample = { id: "test:0", question: "Is it?", options: ["yes", "no way"], answer: 1 };

describe("a question as tokens", () => {
  it("has each option behind its context, which is the prompt, and their lengths in characters", () => {
    const item = choiceItem(example, prompt, characters, 100);
    const texts = item.options.map(({ ids }) => String.fromCharCode(...ids));
    expect(texts).toEqual(["Question: Is it?\nAnswer: yes", "Question: Is it?\nAnswer: no way"]);
    expect(item.options.map(({ promptLength }) => promptLength)).toEqual([24, 24]);
    expect(item).toMatchObject({ optionCharacters: [3, 6], answer: 1, truncated: false });
  });

  it("loses the beginning of its context where it is too long, and is refused where nothing of that is left", () => {
    const item = choiceItem(example, prompt, characters, 12);
    expect(item.truncated).toBe(true);
    expect(item.options.map(({ ids }) => String.fromCharCode(...ids))).toEqual([
      ...["\nAnswer: yes", "swer: no way"],
    ]);
    expect(item.options.map(({ ids, promptLength }) => ids.length - promptLength)).toEqual([4, 7]);
    expect(() => choiceItem(example, prompt, characters, 7)).toThrow(
      /Example test:0: the option " no way" has 7 tokens/,
    );
  });
});

describe("a cell of questions", () => {
  let root = "";
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "peftbench-choice-"));
    await writeTinyDecoder(join(root, "model"));
    await writeQuestions(join(root, "data", task.folder));
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  it("learns which words answer, as the likelihoods of the options say", async () => {
    const { outcome, events } = await execute({ epochs: 6, learningRate: 2e-2 });
    const [plain, normalized] = outcome.metrics;
    expect(plain).toMatchObject({ name: "accuracy", primary: true, count: 20, split: "dev" });
    expect(normalized).toMatchObject({ name: "accuracy-normalized", primary: false });
    expect(plain?.value).toBeGreaterThan(0.9);
    expect(outcome.baselines).toMatchObject([{ name: "majority-class", metric: "accuracy" }]);
    for (const { scores, prediction } of outcome.predictions) {
      expect(scores).toHaveLength(2);
      expect(prediction).toBe((scores[0] ?? 0) >= (scores[1] ?? 0) ? 0 : 1);
    }
    expect(outcome.data).toMatchObject({ origin: "published", rows: { train: 40, dev: 20 } });
    expect(outcome.data?.source).toContain("prompt arc_easy version 1");
    expect(events.some(({ type }) => type === "warning")).toBe(true);
    expect(outcome.memory?.byRole.savedActivation).toBeGreaterThan(0);
  });

  it("holds questions out to select by, and scores them the same way", async () => {
    const { outcome } = await execute({ selectionRows: 8, evaluationsPerEpoch: 1 });
    expect(outcome.selectionMetrics.map(({ name, count }) => [name, count])).toEqual([
      ["accuracy", 8],
      ["accuracy-normalized", 8],
    ]);
    expect(outcome.selection).toMatchObject({ metric: "accuracy", rows: 8 });
  });

  async function execute(training: Partial<typeof TINY_TRAINING>) {
    const dataFolder = join(root, "data");
    const checksum = choiceChecksum(await loadChoices(task, dataFolder), prompt);
    const [spec] = expandGrid({
      models: [
        {
          ...{ name: "tiny", folder: join(root, "model"), settingsChecksum: "0".repeat(64) },
          weightsChecksum: await weightsChecksum(join(root, "model")),
        },
      ],
      tasks: [{ id: task.id, suite: "reasoning", checksum }],
      methods: [
        {
          id: "lora",
          training: { ...TINY_TRAINING, dropout: 0, maxLength: 64, ...training },
          config: { rank: 8, alpha: 16, targetModules: "all-linear" },
        },
      ],
      ...{ seeds: [0], dataFolder, outFolder: join(root, "out"), executor: "cpu", adapter: null, threads: 1 },
      ...{ sources: null, force: false, notices: [] },
    });
    const events: RunEventBody[] = [];
    const executeCell = createExecuteCell({
      ...{ methods, tasks: [], choiceTasks },
      openDevice: async () => {
        const executor = createCpuExecutor({ threads: 1 });
        return {
          ...{ executor, adapter: null, profile: deviceProfiles.generic, measurement: null },
          memoryLimitBytes: 1e12,
          dispose: () => executor.dispose(),
        };
      },
    });
    const folder = join(root, `run${Object.keys(training).join("")}`);
    await mkdir(folder, { recursive: true });
    const outcome = await executeCell({
      ...{ spec: spec!, folder, nowMs: () => performance.now() },
      emit: (event) => events.push(event),
      record: () => undefined,
      throwIfInterrupted: async () => undefined,
    });
    return { outcome, events };
  }
});

async function weightsChecksum(folder: string): Promise<string> {
  const checkpoint = await openCheckpoint(folder);
  try {
    return await checkpoint.checksum();
  } finally {
    await checkpoint.close();
  }
}

/** The fixture's random Llama, with a tokenizer that has a token for each printable character. */
async function writeTinyDecoder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of ["config.json", "model.safetensors"])
    await copyFile(join(fixtures, "llama/tied-embeddings", name), join(folder, name));
  const known = [
    "<unk>",
    "<s>",
    "</s>",
    "<pad>",
    "\n",
    ...Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)),
  ];
  await writeFile(
    join(folder, "tokenizer.json"),
    JSON.stringify({
      version: "1.0",
      truncation: null,
      padding: null,
      added_tokens: ["<unk>", "<s>", "</s>", "<pad>"].map((content, id) => ({
        ...{
          id,
          content,
          single_word: false,
          lstrip: false,
          rstrip: false,
          normalized: false,
          special: true,
        },
      })),
      normalizer: null,
      pre_tokenizer: null,
      post_processor: null,
      decoder: null,
      model: {
        ...{ type: "BPE", dropout: null, unk_token: "<unk>", fuse_unk: false, byte_fallback: false },
        ...{ continuing_subword_prefix: null, end_of_word_suffix: null, ignore_merges: false },
        vocab: Object.fromEntries(known.map((token, id) => [token, id])),
        merges: [],
      },
    }),
  );
  await writeFile(
    join(folder, "tokenizer_config.json"),
    JSON.stringify({ pad_token: "<pad>", unk_token: "<unk>" }),
  );
}

/** Questions whose right option is always the one with "b": nothing but options tells. */
async function writeQuestions(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const rows = (count: number, from: number) =>
    Array.from({ length: count }, (_, index) => {
      const answer = (index + from) % 2;
      const options = answer === 0 ? ["bb", "kk"] : ["kk", "bb"];
      const question = `Which ${String.fromCharCode(97 + ((index * 7 + from) % 26))}?`;
      const written = writeInstruction(task.form, { question, options });
      return {
        instruction: written,
        input: "",
        output: `the correct answer is answer${answer + 1}`,
        answer: `answer${answer + 1}`,
      };
    });
  await writeFile(join(folder, "train.json"), JSON.stringify(rows(40, 0)));
  await writeFile(join(folder, "test.json"), JSON.stringify(rows(20, 3)));
  expect(await readFile(join(folder, "test.json"), "utf8")).toContain("answer2");
}
