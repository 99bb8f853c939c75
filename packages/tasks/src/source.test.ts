import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DatasetError } from "./errors.ts";
import { cola } from "./glue/cola.ts";
import { glueTasks } from "./glue/index.ts";
import { mrpc } from "./glue/mrpc.ts";
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
    expect(second.fileChecksums["train.tsv"]).toBe(first.fileChecksums["train.tsv"]);
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

  it("refuses an empty sentence", async () => {
    await write("SST-2", { ...sst2Files, "train.tsv": "sentence\tlabel\n \t1\n" });
    expect(await failure(sst2)).toMatchObject({ code: "empty-text", line: 2 });
  });
});

const shared = process.env.PEFTBENCH_SHARED;
describe.skipIf(shared === undefined)(
  "on the real GLUE folders (PEFTBENCH_SHARED is not set: skipped)",
  () => {
    const glueFolder = join(shared ?? "", "datasets", "glue");

    it.each(glueTasks.map((task) => [task.id, task] as const))("loads all of %s", async (_, task) => {
      const { train, dev, provenance } = await loadTask(task, { dataFolder: glueFolder });
      expect(provenance.rows).toEqual(task.publishedRows);
      expect(provenance.warnings).toEqual([]);
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
