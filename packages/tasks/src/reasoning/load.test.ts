import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DatasetError } from "../errors.ts";
import { choiceTasks } from "./choiceTasks.ts";
import { loadChoices, loadNumbers } from "./load.ts";
import { numberTasks } from "./numberTasks.ts";
import type { ChoiceTask, NumberTask } from "./task.ts";

const arc = choiceTasks.find(({ id }) => id === "arc_easy") as ChoiceTask;
const numbers = (id: string): NumberTask => numberTasks.find((task) => task.id === id) as NumberTask;

let dataFolder: string;
beforeEach(async () => {
  dataFolder = await mkdtemp(join(tmpdir(), "peftbench-reasoning-"));
});
afterEach(() => rm(dataFolder, { recursive: true }));

async function write(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(join(dataFolder, folder), { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(dataFolder, folder, name), text);
}

const instruction =
  "Please choose the correct answer to the question: Stars are\n\nAnswer1: near Answer2: far\n\nAnswer format: answer1/answer2";
const row = (fields: object = {}) => ({ instruction, input: "", output: "", answer: "answer2", ...fields });
const pretty = (...rows: readonly object[]) => JSON.stringify(rows, null, 4);
const errorOf = (loading: Promise<unknown>): Promise<DatasetError> =>
  loading.then(
    () => Promise.reject(new Error("loaded")),
    (error: DatasetError) => error,
  );

describe("loadChoices", () => {
  it("gives the splits that a copy has, and says what it lacks", async () => {
    await write("arc-easy", {
      "train.json": pretty(row(), row({ answer: "answer1" })),
      "test.json": pretty(row()),
    });
    const { splits, files, warnings } = await loadChoices(arc, dataFolder);
    const [question, options] = ["Stars are", ["near", "far"]];
    expect(splits).toEqual({
      train: [
        { id: "train:0", question, options, answer: 1 },
        { id: "train:1", question, options, answer: 0 },
      ],
      test: [{ id: "test:0", question, options, answer: 1 }],
    });
    expect(files.map(({ split, name, rows }) => [split, name, rows])).toEqual([
      ["train", "train.json", 2],
      ["test", "test.json", 1],
    ]);
    expect(warnings).toEqual([
      "The train split of this copy has 2 examples, the published one 2251: figures are not comparable with published ones.",
      "This copy has no dev split (dev.json or validation.json).",
      "The test split of this copy has 1 examples, the published one 2376: figures are not comparable with published ones.",
    ]);
  });

  // A row takes six lines of a pretty-printed file, the first starts in line 2.
  it.each([
    ["an answer that no option has", pretty(row(), row({ answer: "answer3" })), "unknown-label", 8],
    ["an instruction of another form", pretty(row(), row({ instruction: "Stars?" })), "bad-instruction", 8],
    ["a missing field", pretty(row(), row(), { instruction }), "missing-column", 14],
    ["a field that is no text", pretty(row({ answer: 2 })), "wrong-column-type", 2],
    ["an empty instruction", pretty(row({ instruction: " " })), "empty-text", 2],
    ["a row that is no object", "[\n1\n]", "bad-json", 2],
    ["a row that is no JSON", '[\n{"a": 1},\n{"a": }\n]', "bad-json", 3],
    ["rows without a comma", '[\n{"a": "}"}\n{"a": 1}\n]', "bad-json", 3],
    ["text behind the array", `${pretty(row())}\n[]`, "bad-json", 9],
    ["a file that was cut off in a row", pretty(row(), row()).slice(0, -20), "cut-off", 8],
    ["a file that was cut off between rows", pretty(row()).slice(0, -1), "cut-off", 8],
    ["an empty file", "", "cut-off", 1],
    ["an empty array", "[]", "empty-split", 1],
    ["an object in place of the array", "{}", "bad-json", 1],
  ])("refuses %s, with file and line", async (_, text, code, line) => {
    await write("ARC-Easy", { "test.json": text });
    expect(await errorOf(loadChoices(arc, dataFolder))).toMatchObject({
      name: "DatasetError",
      code,
      file: join(dataFolder, "ARC-Easy", "test.json"),
      line,
    });
  });

  it("refuses a folder without the reported split, two files of one split, and no folder at all", async () => {
    expect(await errorOf(loadChoices(arc, dataFolder))).toMatchObject({ code: "missing-folder" });
    expect(await errorOf(loadChoices(arc, join(dataFolder, "none")))).toMatchObject({
      code: "missing-folder",
    });
    await write("ARC-Easy", { "train.json": pretty(row()) });
    expect(await errorOf(loadChoices(arc, dataFolder))).toMatchObject({ code: "missing-file" });
    await write("ARC-Easy", { "dev.json": pretty(row()), "validation.json": pretty(row()) });
    expect(await errorOf(loadChoices(arc, dataFolder))).toMatchObject({ code: "ambiguous-name" });
  });
});

describe("loadNumbers", () => {
  it("reads GSM8K's solutions with their last line", async () => {
    const answer = "She has <<3+4=7>>7.\n#### 1,007";
    await write("gsm8k", { "test.jsonl": `${JSON.stringify({ question: "How many?", answer })}\n` });
    const { splits } = await loadNumbers(numbers("gsm8k"), dataFolder);
    expect(splits.test).toEqual([{ id: "test:0", question: "How many?", solution: answer, answer: 1007 }]);
  });

  it("reads MAWPS' equations, its answers as numbers and as text", async () => {
    const rows = [2, "10.5"].map((ans) => ({ original_text: "How many ?", equation: "x=3*6", ans }));
    await write("mawps", { "testset.json": pretty(...rows) });
    const { splits } = await loadNumbers(numbers("mawps"), dataFolder);
    expect(splits.test?.map(({ solution, answer }) => [solution, answer])).toEqual([
      ["x=3*6", 2],
      ["x=3*6", 10.5],
    ]);
  });

  it("takes nothing to learn from what a model wrote", async () => {
    const rows = [{ instruction: "How many?", input: "", output: "The answer is 32.", answer: "8.0" }];
    await write("SVAMP", { "test.json": pretty(...rows) });
    const { splits } = await loadNumbers(numbers("svamp"), dataFolder);
    expect(splits.test).toEqual([{ id: "test:0", question: "How many?", solution: null, answer: 8 }]);
  });

  it.each([
    ["a solution without its last line", { question: "Q?", answer: "It is 7." }, "unknown-label"],
    ["an answer that is no number", { question: "Q?", answer: "It is\n#### seven" }, "unknown-label"],
    ["an answer of two points", { question: "Q?", answer: "It is\n#### 1.2.3" }, "unknown-label"],
    ["an answer of misplaced commas", { question: "Q?", answer: "It is\n#### 1,2345" }, "unknown-label"],
    ["a question that is no text", { question: 1, answer: "#### 7" }, "wrong-column-type"],
  ])("refuses %s", async (_, bad, code) => {
    const good = JSON.stringify({ question: "Q?", answer: "It is 7.\n#### 7" });
    await write("gsm8k", { "test.jsonl": `${good}\n${JSON.stringify(bad)}\n` });
    expect(await errorOf(loadNumbers(numbers("gsm8k"), dataFolder))).toMatchObject({ code, line: 2 });
  });

  it("refuses a blank line", async () => {
    const good = JSON.stringify({ question: "Q?", answer: "It is 7.\n#### 7" });
    await write("gsm8k", { "test.jsonl": `${good}\n\n${good}\n` });
    expect(await errorOf(loadNumbers(numbers("gsm8k"), dataFolder))).toMatchObject({
      code: "bad-json",
      line: 2,
    });
  });
});
