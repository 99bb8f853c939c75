import type { ClassificationTask, TaskFiles } from "../task.ts";

/** Question-answering NLI: does a sentence answer a question? */
export const qnli: ClassificationTask<TaskFiles> = {
  id: "qnli",
  title: "QNLI (does a sentence answer a question)",
  suite: "glue",
  origin: "published",
  kind: "classification",
  labels: [
    { value: "entailment", name: "entailment" },
    { value: "not_entailment", name: "not entailment" },
  ],
  metrics: { primary: "accuracy", names: ["accuracy"] },
  source: {
    kind: "files",
    folders: ["QNLI"],
    train: "train.tsv",
    dev: "dev.tsv",
    shape: { header: true },
    columns: { text: "question", pair: "sentence", label: "label" },
    parquet: {
      folder: "qnli",
      train: "train",
      dev: "validation",
      columns: { text: "question", pair: "sentence", label: "label" },
    },
  },
  publishedRows: { train: 104_743, dev: 5_463 },
  datasetCard: "datasets/glue/qnli.yaml",
};
