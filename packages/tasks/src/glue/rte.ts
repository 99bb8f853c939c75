import type { ClassificationTask, TaskFiles } from "../task.ts";

/** Recognizing Textual Entailment: does the second sentence follow from the first? */
export const rte: ClassificationTask<TaskFiles> = {
  id: "rte",
  title: "RTE (textual entailment)",
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
    folders: ["RTE"],
    train: "train.tsv",
    dev: "dev.tsv",
    shape: { header: true },
    columns: { text: "sentence1", pair: "sentence2", label: "label" },
    parquet: {
      folder: "rte",
      train: "train",
      dev: "validation",
      columns: { text: "sentence1", pair: "sentence2", label: "label" },
    },
  },
  publishedRows: { train: 2_490, dev: 277 },
  datasetCard: "datasets/glue/rte.yaml",
};
