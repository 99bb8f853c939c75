import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DatasetError } from "./errors.ts";
import { cola } from "./glue/cola.ts";
import { glueTasks } from "./glue/index.ts";
import { mnli } from "./glue/mnli.ts";
import { mrpc } from "./glue/mrpc.ts";
import { qqp } from "./glue/qqp.ts";
import { sst2 } from "./glue/sst2.ts";
import { stsb } from "./glue/stsb.ts";
import { loadTask } from "./source.ts";
import type { TaskDefinition } from "./task.ts";

let dataFolder = "";
beforeEach(async () => {
  dataFolder = await mkdtemp(join(tmpdir(), "peftbench-tasks-"));
});
afterEach(async () => {
  await rm(dataFolder, { recursive: true });
});

async function write(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(join(dataFolder, folder), { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(dataFolder, folder, name), text);
}

async function failure(task: TaskDefinition, folder = dataFolder): Promise<DatasetError> {
  const outcome: unknown = await loadTask(task, { dataFolder: folder }).catch((error: unknown) => error);
  if (outcome instanceof DatasetError) return outcome;
  throw new Error(`expected a DatasetError, got ${JSON.stringify(outcome)}`);
}

const sst2Files = {
  "train.tsv": "sentence\tlabel\na film \t1\nawful \t0\n",
  "dev.tsv": "sentence\tlabel\nfine \t1\n",
};

describe("loadTask", () => {
  it("loads single sentences with stable ids and class numbers", async () => {
    await write("SST-2", sst2Files);
    const loaded = await loadTask(sst2, { dataFolder });
    expect(loaded.train).toEqual([
      { id: "train:0", text: "a film ", label: 1 },
      { id: "train:1", text: "awful ", label: 0 },
    ]);
    expect(loaded.dev).toEqual([{ id: "dev:0", text: "fine ", label: 1 }]);
    expect(loaded.provenance).toMatchObject({
      source: "GLUE SST-2 (TSV folder)",
      revision: null,
      rows: { train: 2, dev: 1 },
    });
  });

  it("loads files without a header, pairs and scores through the same definitions", async () => {
    await write("CoLA", { "train.tsv": "gj04\t0\t*\tThem ran.\n", "dev.tsv": "gj04\t1\t\tThey ran.\n" });
    expect((await loadTask(cola, { dataFolder })).train).toEqual([
      { id: "train:0", text: "Them ran.", label: 0 },
    ]);

    const mrpcHeader = "Quality\t#1 ID\t#2 ID\t#1 String\t#2 String\n";
    await write("MRPC", {
      "train.tsv": `\uFEFF${mrpcHeader}1\t5\t6\t"a\tb\n`,
      "dev.tsv": `${mrpcHeader}0\t7\t8\tc\td\n`,
    });
    expect((await loadTask(mrpc, { dataFolder })).train).toEqual([
      { id: "train:0", text: '"a', pair: "b", label: 1 },
    ]);

    const stsbHeader = "index\tsentence1\tsentence2\tscore\n";
    await write("STS-B", {
      "train.tsv": `${stsbHeader}0\ta\tb\t3.800\n`,
      "dev.tsv": `${stsbHeader}0\ta\tb\t0.0\n`,
    });
    expect((await loadTask(stsb, { dataFolder })).train[0]?.label).toBe(3.8);
  });

  it("loads a second dev set beside the first where the copy has one, and says so where it has not", async () => {
    const few = "index\tsentence1\tsentence2\tgold_label\n";
    const usual = "index\tgenre\tsentence1\tsentence2\tlabel1\tgold_label\n";
    await write("MNLI", {
      "train.tsv": `${usual}0\tfiction\ta\tb\tneutral\tentailment\n`,
      "dev_matched.tsv": `${few}0\tc\td\tneutral\n`,
    });
    const without = await loadTask(mnli, { dataFolder });
    expect(without.further).toEqual([]);
    expect(without.provenance.warnings.at(-1)).toBe(
      "This copy has no dev_mismatched.tsv: the mismatched split is not scored.",
    );

    await write("MNLI", { "dev_mismatched.tsv": `${few}0\te\tf\tcontradiction\n1\tg\th\tneutral\n` });
    const { train, dev, further, provenance } = await loadTask(mnli, { dataFolder });
    expect([train[0]?.label, dev[0]?.label]).toEqual([0, 1]);
    expect(further).toEqual([
      {
        name: "mismatched",
        examples: [
          { id: "mismatched:0", text: "e", pair: "f", label: 2 },
          { id: "mismatched:1", text: "g", pair: "h", label: 1 },
        ],
      },
    ]);
    expect(provenance.files.map(({ name, rows }) => [name, rows])).toEqual([
      ["train.tsv", 1],
      ["dev_matched.tsv", 1],
      ["dev_mismatched.tsv", 2],
    ]);
    expect(provenance.checksum).not.toBe(without.provenance.checksum);
    expect(provenance.warnings.at(-1)).toContain("2 examples, the published one 9832");
  });

  it("finds the folder whatever its case", async () => {
    await write("sst-2", sst2Files);
    expect((await loadTask(sst2, { dataFolder })).train).toHaveLength(2);
  });

  it("prefers the usual spelling, and does not guess between two others", async () => {
    await write("unclear/sst-2", sst2Files);
    await write("unclear/sst2", sst2Files);
    expect(await failure(sst2, join(dataFolder, "unclear"))).toMatchObject({ code: "ambiguous-name" });
    await write("clear/SST-2", { ...sst2Files, "train.tsv": "sentence\tlabel\none\t1\n" });
    await write("clear/sst2", sst2Files);
    expect((await loadTask(sst2, { dataFolder: join(dataFolder, "clear") })).train).toHaveLength(1);
  });

  it("has a checksum of the bytes: the same in another folder, another after any change", async () => {
    await write("SST-2", sst2Files);
    await write("elsewhere/sst2", sst2Files);
    const first = (await loadTask(sst2, { dataFolder })).provenance;
    expect((await loadTask(sst2, { dataFolder: join(dataFolder, "elsewhere") })).provenance).toEqual(first);
    await write("SST-2", { "dev.tsv": `${sst2Files["dev.tsv"]}more\t0\n` });
    const second = (await loadTask(sst2, { dataFolder })).provenance;
    expect(second.checksum).not.toBe(first.checksum);
    expect(second.files[0]).toEqual(first.files[0]);
  });

  it("says when a copy does not have the published number of examples", async () => {
    await write("SST-2", sst2Files);
    const { warnings } = (await loadTask(sst2, { dataFolder })).provenance;
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toContain("2 examples, the published one 67349");
  });

  it("says where it looked and how to get the data when a folder or file is missing", async () => {
    const nowhere = join(dataFolder, "nowhere");
    expect(await failure(sst2, nowhere)).toMatchObject({ code: "missing-folder", file: nowhere });
    const noFolder = await failure(sst2);
    expect(noFolder).toMatchObject({ code: "missing-folder", file: dataFolder });
    expect(noFolder.message).toContain("https://gluebenchmark.com/tasks");
    expect(noFolder.message).toContain("<data folder>/SST-2/train.tsv");

    await write("SST-2", { "train.tsv": sst2Files["train.tsv"] });
    const noFile = await failure(sst2);
    expect(noFile).toMatchObject({ code: "missing-file", file: join(dataFolder, "SST-2", "dev.tsv") });
  });

  it("says to go one level up when given the task's own folder", async () => {
    await write("SST-2", sst2Files);
    expect((await failure(sst2, join(dataFolder, "SST-2"))).message).toContain("one level up");
  });

  it("refuses labels the task does not know, with file and line", async () => {
    for (const label of ["2", "", "positive", " 1"]) {
      await write("SST-2", { ...sst2Files, "dev.tsv": `sentence\tlabel\nok\t1\nbad\t${label}\n` });
      expect(await failure(sst2)).toMatchObject({
        code: "unknown-label",
        file: join(dataFolder, "SST-2", "dev.tsv"),
        line: 3,
        expected: 'one of "0", "1"',
      });
    }
    for (const score of ["5.1", "-1", "", "NaN", "1e0", "0x1"]) {
      const header = "sentence1\tsentence2\tscore\n";
      await write("STS-B", { "train.tsv": `${header}a\tb\t${score}\n`, "dev.tsv": `${header}a\tb\t1\n` });
      expect(await failure(stsb)).toMatchObject({ code: "unknown-label", line: 2 });
    }
  });

  it("refuses an empty sentence, but for the two that the published QQP has", async () => {
    await write("SST-2", { ...sst2Files, "train.tsv": "sentence\tlabel\n \t1\n" });
    expect(await failure(sst2)).toMatchObject({ code: "empty-text", line: 2 });
    const header = "id\tquestion1\tquestion2\tis_duplicate\n";
    const two = `${header}1\tHow?\t\t0\n2\tWhy?\t\t0\n`;
    await write("QQP", { "train.tsv": two, "dev.tsv": `${header}1\tHow?\tSo?\t1\n` });
    expect((await loadTask(qqp, { dataFolder })).train[1]).toEqual({
      ...{ id: "train:1", text: "Why?", pair: "", label: 0 },
    });
    await write("QQP", { "train.tsv": `${two}3\t\tWho?\t0\n` });
    expect(await failure(qqp)).toMatchObject({ code: "empty-text", line: 4 });
  });
});

const shared = process.env.PEFTBENCH_SHARED;
describe.skipIf(shared === undefined)(
  "on the real GLUE folders (PEFTBENCH_SHARED is not set: skipped)",
  () => {
    const glueFolder = join(shared ?? "", "datasets", "glue");
    /** Tasks of whose published rows the folder has some alone. */
    const partOnly = ["qqp", "mnli", "qnli"];

    it.each(glueTasks.map((task) => [task.id, task] as const))("loads all of %s", async (_, task) => {
      const { train, dev, provenance } = await loadTask(task, { dataFolder: glueFolder });
      for (const { name, rows } of provenance.files) {
        const text = await readFile(join(glueFolder, task.source.folders[0] ?? "", name), "utf8");
        // Every line is an example, as it is for Python's csv with QUOTE_NONE, which `datasets` reads GLUE by.
        expect(rows).toBe((text.match(/\n/g) ?? []).length - (task.source.shape.header ? 1 : 0));
      }
      if (!partOnly.includes(task.id)) {
        expect(provenance.rows).toEqual(task.publishedRows);
        expect(provenance.warnings).toEqual([]);
      }
      expect(new Set([...train, ...dev].map((example) => example.id)).size).toBe(train.length + dev.length);
      const isPair = task.source.columns.pair !== undefined;
      expect([...train, ...dev].every((example) => (example.pair !== undefined) === isPair)).toBe(true);
    });

    it("reads SST-2's sentences and labels as they stand", async () => {
      const { train, dev } = await loadTask(sst2, { dataFolder: glueFolder });
      expect(train.filter((example) => example.label === 1)).toHaveLength(37_569);
      expect(dev.filter((example) => example.label === 1)).toHaveLength(444);
      expect(dev[0]).toEqual({
        id: "dev:0",
        text: "it 's a charming and often affecting journey . ",
        label: 1,
      });
    });
  },
);
