import type { NumberTask } from "./task.ts";

/** A collection that LLM-Adapters has as test questions alone. */
function testOnly(id: string, folder: string, title: string, rows: number): NumberTask {
  return {
    kind: "number",
    id,
    title,
    folder,
    form: "instruction",
    splits: { test: { files: ["test.json"], publishedAs: "the whole collection", rows } },
    reported: "test",
    prompt: "math_word",
    datasetCard: `datasets/reasoning/${id}.yaml`,
  };
}

/** Word problems whose answer is a number. */
export const numberTasks: readonly NumberTask[] = [
  {
    kind: "number",
    id: "gsm8k",
    title: "GSM8K",
    folder: "gsm8k",
    form: "gsm8k",
    splits: {
      train: { files: ["train.jsonl"], publishedAs: "train", rows: 7473 },
      test: { files: ["test.jsonl"], publishedAs: "test", rows: 1319 },
    },
    reported: "test",
    prompt: "math_word",
    datasetCard: "datasets/reasoning/gsm8k.yaml",
  },
  {
    kind: "number",
    id: "mawps",
    title: "MAWPS (problems of one equation)",
    folder: "mawps",
    form: "mawps",
    splits: {
      train: { files: ["trainset.json"], publishedAs: "train", rows: 1898 },
      dev: { files: ["validset.json"], publishedAs: "validation", rows: 237 },
      test: { files: ["testset.json"], publishedAs: "test", rows: 238 },
    },
    reported: "test",
    prompt: "mawps",
    datasetCard: "datasets/reasoning/mawps.yaml",
  },
  testOnly("svamp", "SVAMP", "SVAMP (its training and test questions)", 1000),
  testOnly("addsub", "AddSub", "AddSub", 395),
  testOnly("singleeq", "SingleEq", "SingleEq", 508),
  testOnly("multiarith", "MultiArith", "MultiArith", 600),
];
