/** A split whose labels GLUE's server keeps: where its text stands, and what its predictions are handed in as. */
export interface TestSplit {
  /** The file that the server takes: `MNLI-mm.tsv`. */
  readonly submission: string;
  /** GLUE's own file, which has a header line for every task, CoLA included. */
  readonly file: string;
  /** Of the header line. */
  readonly columns: { readonly index: string; readonly text: string; readonly pair?: string };
  /** The split's name among the hub's parquet files, which have the task's own columns. */
  readonly parquet: string;
  /** Where the files are not in the task's own folder: names of theirs, the usual one first, and the hub's. */
  readonly elsewhere?: { readonly folders: readonly string[]; readonly parquet: string };
}

const single = { index: "index", text: "sentence" };
const pair = { index: "index", text: "sentence1", pair: "sentence2" };
const usual = { file: "test.tsv", parquet: "test" };

/** The hidden splits that a model of each task answers, by the task's id. */
const testSplits: Readonly<Record<string, readonly TestSplit[]>> = {
  cola: [{ submission: "CoLA.tsv", ...usual, columns: single }],
  sst2: [{ submission: "SST-2.tsv", ...usual, columns: single }],
  mrpc: [
    {
      submission: "MRPC.tsv",
      ...usual,
      columns: { index: "index", text: "#1 String", pair: "#2 String" },
    },
  ],
  stsb: [{ submission: "STS-B.tsv", ...usual, columns: pair }],
  qqp: [{ submission: "QQP.tsv", ...usual, columns: { index: "id", text: "question1", pair: "question2" } }],
  mnli: [
    { submission: "MNLI-m.tsv", file: "test_matched.tsv", parquet: "test_matched", columns: pair },
    { submission: "MNLI-mm.tsv", file: "test_mismatched.tsv", parquet: "test_mismatched", columns: pair },
    // Diagnostics, which have no training data of their own: a model of MNLI answers them.
    {
      submission: "AX.tsv",
      file: "diagnostic.tsv",
      parquet: "test",
      columns: pair,
      elsewhere: { folders: ["diagnostic", "AX"], parquet: "ax" },
    },
  ],
  qnli: [
    { submission: "QNLI.tsv", ...usual, columns: { index: "index", text: "question", pair: "sentence" } },
  ],
  rte: [{ submission: "RTE.tsv", ...usual, columns: pair }],
  wnli: [{ submission: "WNLI.tsv", ...usual, columns: pair }],
};

/** None for a task that is not of GLUE. */
export function testSplitsOf(taskId: string): readonly TestSplit[] {
  return testSplits[taskId] ?? [];
}
