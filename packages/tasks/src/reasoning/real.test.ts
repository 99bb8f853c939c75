import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseReasoningCard } from "./card.ts";
import { choiceTasks } from "./choiceTasks.ts";
import { writeInstruction } from "./instruction.ts";
import { loadChoices, loadNumbers } from "./load.ts";
import { numberTasks } from "./numberTasks.ts";
import { findOverlap, overlapItems } from "./overlap.ts";
import { findPrompt, renderOptions } from "./prompt.ts";
import type { NumberTask, ReasoningTask } from "./task.ts";

const shared = process.env.PEFTBENCH_SHARED;
const dataFolder = join(shared ?? "", "datasets", "reasoning");
const projectRoot = new URL("../../../../", import.meta.url);
const allTasks: readonly ReasoningTask[] = [...choiceTasks, ...numberTasks];

const readCard = async ({ datasetCard }: ReasoningTask) =>
  parseReasoningCard(await readFile(new URL(datasetCard, projectRoot), "utf8"), datasetCard);

const numbers = (id: string) =>
  loadNumbers(numberTasks.find((task) => task.id === id) as NumberTask, dataFolder);

describe.each(allTasks.map((task) => [task.id, task] as const))("the card of %s", (_, task) => {
  it("agrees with the task's definition", async () => {
    const card = await readCard(task);
    expect(card).toMatchObject({ id: task.id, title: task.title, suite: "reasoning", prompt: task.prompt });
    expect(card.publishedRows).toEqual(
      Object.fromEntries(Object.entries(task.splits).map(([split, { rows }]) => [split, rows])),
    );
    expect(Object.keys(card.files)).toContain(task.reported);
  });

  it.skipIf(shared === undefined)(
    "has the checksums that loading gives (needs PEFTBENCH_SHARED)",
    async () => {
      const card = await readCard(task);
      const { files, checksum } =
        task.kind === "choice" ? await loadChoices(task, dataFolder) : await loadNumbers(task, dataFolder);
      expect(checksum).toBe(card.checksum);
      expect(files).toEqual(
        Object.entries(card.files).flatMap(([split, file]) =>
          file === undefined ? [] : [{ split, name: file.name, rows: file.rows, sha256: file.sha256 }],
        ),
      );
    },
  );
});

describe.skipIf(shared === undefined)("the data at hand (needs PEFTBENCH_SHARED)", () => {
  it.each(choiceTasks.map((task) => [task.id, task] as const))(
    "%s is written back letter by letter, and every option has its text",
    async (_, task) => {
      const { splits, files } = await loadChoices(task, dataFolder);
      for (const { split, name } of files) {
        const examples = splits[split as keyof typeof splits] ?? [];
        const rows = JSON.parse(await readFile(join(dataFolder, task.folder, name), "utf8")) as readonly {
          readonly instruction: string;
        }[];
        expect(examples.map((example) => writeInstruction(task.form, example))).toEqual(
          rows.map((row) => row.instruction),
        );
        for (const example of examples) {
          const rendered = renderOptions(findPrompt(task.prompt), example);
          expect(
            rendered.every(({ context, continuation }) => context !== "" && continuation.trim() !== ""),
          ).toBe(true);
        }
      }
    },
  );

  // The counts are those of a search of every training text for every question, made in Python.
  it.each([
    ["mawps", 28],
    ["addsub", 327],
    ["singleeq", 417],
    ["multiarith", 452],
    ["svamp", 0],
    ["gsm8k", 0],
  ])("%s has %i test questions in MAWPS' training data", async (id, count) => {
    const { train = [] } = (await numbers("mawps")).splits;
    const { test = [] } = (await numbers(id)).splits;
    expect(findOverlap(overlapItems(train), overlapItems(test))).toHaveLength(count);
  });

  it("GSM8K's training data hold none of its test questions, and all of them once they are mixed in", async () => {
    const { train = [], test = [] } = (await numbers("gsm8k")).splits;
    const items = overlapItems(test);
    expect(findOverlap(overlapItems(train), items)).toEqual([]);
    const mixed = items.map(({ id, text }) => ({
      id,
      text: `### Instruction:\n${text.toUpperCase()}\n### Response:`,
    }));
    expect(findOverlap([...overlapItems(train), ...mixed], items)).toHaveLength(1319);
  });
});
