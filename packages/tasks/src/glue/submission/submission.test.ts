import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findTask } from "../../registry.ts";
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
async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
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
    expect(splits).toMatchObject([{ submission: "CoLA.tsv", file: "cola/test.tsv" }]);
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
        line: 3,
      });
    }
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
