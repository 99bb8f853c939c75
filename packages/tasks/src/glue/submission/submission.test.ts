import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { glueFilesInHub } from "../../hub/layout.ts";
import { findTask } from "../../registry.ts";
import { columnsFile } from "../../testing/parquetFile.ts";
import { glueTasks } from "../index.ts";
import { readTestSplits } from "./readTestSplits.ts";
import { submissionText } from "./submissionText.ts";
import { testSplitsOf } from "./testSplits.ts";

let root = "";

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "peftbench-submission-"));
});

afterAll(() => rm(root, { recursive: true, force: true }));

/** A data folder with these files. */
async function folderWith(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const folder = await mkdtemp(join(root, "data-"));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return folder;
}

describe("the hidden splits of a copy of GLUE", () => {
  it("are those that GLUE's server takes, one file each", () => {
    const files = glueTasks.flatMap(({ id }) => testSplitsOf(id).map(({ submission }) => submission));
    // As GLUE's own sample submission has them.
    expect(files.toSorted()).toEqual([
      "AX.tsv",
      "CoLA.tsv",
      "MNLI-m.tsv",
      "MNLI-mm.tsv",
      "MRPC.tsv",
      "QNLI.tsv",
      "QQP.tsv",
      "RTE.tsv",
      "SST-2.tsv",
      "STS-B.tsv",
      "WNLI.tsv",
    ]);
  });

  it("are read with their indices, a header for CoLA too, and empty texts as they stand", async () => {
    const folder = await folderWith({ "cola/test.tsv": 'index\tsentence\n0\tA "quoted word.\n1\t\n' });
    const { splits, missing } = await readTestSplits(findTask("cola"), folder);
    expect(missing).toEqual([]);
    expect(splits).toMatchObject([{ submission: "CoLA.tsv", sources: [{ name: "cola/test.tsv" }] }]);
    expect(splits[0]?.examples).toEqual([
      { index: "0", text: 'A "quoted word.' },
      { index: "1", text: "" },
    ]);
  });

  it("of MNLI are both halves and the diagnostics, and what is not there is named", async () => {
    const pairs = "index\tpromptID\tsentence1\tsentence2\n7\tx\tone\ttwo\n";
    const folder = await folderWith({
      "MNLI/test_matched.tsv": pairs,
      "diagnostic/diagnostic.tsv": "index\tsentence1\tsentence2\n0\tone\ttwo\n",
    });
    const { splits, missing } = await readTestSplits(findTask("mnli"), folder);
    expect(splits.map(({ submission }) => submission)).toEqual(["MNLI-m.tsv", "AX.tsv"]);
    expect(splits[0]?.examples).toEqual([{ index: "7", text: "one", pair: "two" }]);
    expect(missing).toEqual([
      "The submission file MNLI-mm.tsv was not made: this copy has no MNLI/test_mismatched.tsv.",
    ]);
  });

  it("are refused where an index is missing or stands twice", async () => {
    for (const index of ["", "0"]) {
      const folder = await folderWith({
        "RTE/test.tsv": `index\tsentence1\tsentence2\n0\ta\tb\n${index}\tc\td\n`,
      });
      await expect(readTestSplits(findTask("rte"), folder)).rejects.toMatchObject({
        code: "unknown-id",
        row: 1,
      });
    }
  });

  it("are read out of parquet files too, in all their parts", async () => {
    const part = (first: number): Uint8Array =>
      columnsFile([
        { name: "premise", data: ["one", ""], type: "STRING" },
        { name: "hypothesis", data: ["two", "three"], type: "STRING" },
        { name: "label", data: [-1n, -1n], type: "INT64" },
        { name: "idx", data: [first, first + 1], type: "INT32" },
      ]);
    const folder = await folderWith({
      "mnli/test_matched-00000-of-00002.parquet": part(0),
      "mnli/test_matched-00001-of-00002.parquet": part(2),
      "ax/test-00000-of-00001.parquet": part(0),
    });
    const { splits, missing } = await readTestSplits(findTask("mnli"), folder);
    expect(splits.map(({ submission, examples }) => [submission, examples.length])).toEqual([
      ["MNLI-m.tsv", 4],
      ["AX.tsv", 2],
    ]);
    expect(splits[0]?.examples[3]).toEqual({ index: "3", text: "", pair: "three" });
    expect(missing).toHaveLength(1);
  });

  it("are refused where a parquet file is none, or lacks a column", async () => {
    const name = "cola/test-00000-of-00001.parquet";
    const failure = async (content: string | Uint8Array) =>
      readTestSplits(findTask("cola"), await folderWith({ [name]: content }));
    await expect(failure("text")).rejects.toMatchObject({ code: "bad-parquet", file: name });
    const other = columnsFile([{ name: "idx", data: [0], type: "INT32" }]);
    await expect(failure(other)).rejects.toMatchObject({ name: "DatasetError", file: name });
  });

  it("are chosen out of a repository where they are asked for, and only there", () => {
    const paths = ["train", "validation_matched", "test_matched", "test_mismatched"].map(
      (split) => `mnli/${split}-00000-of-00001.parquet`,
    );
    const all = [...paths, "ax/test-00000-of-00001.parquet", "cola/test-00000-of-00001.parquet"];
    expect(glueFilesInHub(["mnli"])(all)).toEqual(paths.slice(0, 2));
    expect(glueFilesInHub(["mnli"], { hidden: true })(all)).toEqual(all.slice(0, 5));
  });

  it("do not exist for a task outside GLUE", async () => {
    const { splits, missing } = await readTestSplits(findTask("gloss"), root);
    expect(splits).toEqual([]);
    expect(missing).toHaveLength(1);
  });

  const shared = process.env.PEFTBENCH_SHARED;
  it.skipIf(shared === undefined)(
    "of the shared GLUE folder are whole (needs PEFTBENCH_SHARED)",
    async () => {
      const rows = async (id: string) => {
        const { splits } = await readTestSplits(findTask(id), join(shared ?? "", "datasets/glue"));
        return splits.map(({ examples }) => [examples.length, examples[0]?.index, examples.at(-1)?.index]);
      };
      expect(await rows("cola")).toEqual([[1063, "0", "1062"]]);
      expect(await rows("rte")).toEqual([[3000, "0", "2999"]]);
      expect(await rows("wnli")).toEqual([[146, "0", "145"]]);
      expect(await rows("sst2")).toEqual([]);
    },
  );
});

describe("a submission file", () => {
  it("has the labels as the task's files write them", () => {
    const text = (id: string, predictions: readonly number[]) =>
      submissionText(
        findTask(id),
        predictions.map((_, row) => String(row)),
        predictions,
      );
    expect(text("cola", [1, 0])).toBe("index\tprediction\n0\t1\n1\t0\n");
    expect(text("qnli", [0, 1])).toBe("index\tprediction\n0\tentailment\n1\tnot_entailment\n");
    expect(text("mnli", [2, 1, 0])).toBe("index\tprediction\n0\tcontradiction\n1\tneutral\n2\tentailment\n");
  });

  it("has scores within their range", () => {
    expect(submissionText(findTask("stsb"), ["4", "9", "2"], [2.5, 5.25, -0.125])).toBe(
      "index\tprediction\n4\t2.500000\n9\t5.000000\n2\t0.000000\n",
    );
  });

  it("is refused where an answer is missing or none of the task's", () => {
    expect(() => submissionText(findTask("rte"), ["0", "1"], [1])).toThrow(/1 predictions for 2 examples/);
    expect(() => submissionText(findTask("rte"), ["0"], [2])).toThrow(/the class 2/);
    expect(() => submissionText(findTask("stsb"), ["0"], [Number.NaN])).toThrow(/the score NaN/);
  });
});
