import type { ClassificationTask, TaskFiles } from "../task.ts";

/** Microsoft Research Paraphrase Corpus: do two sentences say the same? */
export const mrpc: ClassificationTask<TaskFiles> = {
  id: "mrpc",
  title: "MRPC (paraphrase)",
  suite: "glue",
  origin: "published",
  kind: "classification",
  labels: [
    { value: "0", name: "not equivalent" },
    { value: "1", name: "equivalent" },
  ],
  metrics: { primary: "accuracy", names: ["accuracy", "f1"] },
  source: {
    kind: "files",
    folders: ["MRPC"],
    train: "train.tsv",
    dev: "dev.tsv",
    shape: { header: true },
    columns: { text: "#1 String", pair: "#2 String", label: "Quality" },
    original: {
      examples: "msr_paraphrase_train.txt",
      devIds: ["dev_ids.tsv", "mrpc_dev_ids.tsv"],
      idColumns: ["#1 ID", "#2 ID"],
    },
    parquet: {
      folder: "mrpc",
      train: "train",
      dev: "validation",
      columns: { text: "sentence1", pair: "sentence2", label: "label" },
    },
  },
  publishedRows: { train: 3_668, dev: 408 },
  datasetCard: "datasets/glue/mrpc.yaml",
};
