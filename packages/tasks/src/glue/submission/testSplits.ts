import type { ColumnReference } from "../tsv.ts";

/** A split whose labels GLUE's server keeps: where its text stands, and what its predictions are handed in as. */
export interface TestSplit {
  /** The file that the server takes: `MNLI-mm.tsv`. */
  readonly submission: string;
  /** Names of its folder inside the data folder where it is not the task's own. */
  readonly folders?: readonly string[];
  /** GLUE's own file, which has a header line for every task, CoLA included. */
  readonly file: string;
  readonly columns: {
    readonly index: ColumnReference;
    readonly text: ColumnReference;
    readonly pair?: ColumnReference;
  };
}

const single = { index: "index", text: "sentence" } as const;
const pair = { index: "index", text: "sentence1", pair: "sentence2" } as const;

/** The hidden splits that a model of each task answers, by the task's id. */
const testSplits: Readonly<Record<string, readonly TestSplit[]>> = {
  cola: [{ submission: "CoLA.tsv", file: "test.tsv", columns: single }],
  sst2: [{ submission: "SST-2.tsv", file: "test.tsv", columns: single }],
  mrpc: [
    {
      submission: "MRPC.tsv",
      file: "test.tsv",
      columns: { index: "index", text: "#1 String", pair: "#2 String" },
    },
  ],
  stsb: [{ submission: "STS-B.tsv", file: "test.tsv", columns: pair }],
  qqp: [
    {
      submission: "QQP.tsv",
      file: "test.tsv",
      columns: { index: "id", text: "question1", pair: "question2" },
    },
  ],
  mnli: [
    { submission: "MNLI-m.tsv", file: "test_matched.tsv", columns: pair },
    { submission: "MNLI-mm.tsv", file: "test_mismatched.tsv", columns: pair },
    // Diagnostics, which have no training data of their own: a model of MNLI answers them.
    { submission: "AX.tsv", folders: ["diagnostic", "AX"], file: "diagnostic.tsv", columns: pair },
  ],
  qnli: [
    {
      submission: "QNLI.tsv",
      file: "test.tsv",
      columns: { index: "index", text: "question", pair: "sentence" },
    },
  ],
  rte: [{ submission: "RTE.tsv", file: "test.tsv", columns: pair }],
  wnli: [{ submission: "WNLI.tsv", file: "test.tsv", columns: pair }],
};

/** None for a task that is not of GLUE. */
export function testSplitsOf(taskId: string): readonly TestSplit[] {
  return testSplits[taskId] ?? [];
}
