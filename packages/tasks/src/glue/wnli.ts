import type { ClassificationTask, TaskFiles } from "../task.ts";

/** Winograd schemas as inference: does the sentence follow once its pronoun is replaced? */
export const wnli: ClassificationTask<TaskFiles> = {
  id: "wnli",
  title: "WNLI (Winograd schemas)",
  suite: "glue",
  origin: "published",
  kind: "classification",
  labels: [
    { value: "0", name: "not entailment" },
    { value: "1", name: "entailment" },
  ],
  metrics: { primary: "accuracy", names: ["accuracy"] },
  source: {
    kind: "files",
    folders: ["WNLI"],
    train: "train.tsv",
    dev: "dev.tsv",
    shape: { header: true },
    columns: { text: "sentence1", pair: "sentence2", label: "label" },
    parquet: {
      folder: "wnli",
      train: "train",
      dev: "validation",
      columns: { text: "sentence1", pair: "sentence2", label: "label" },
    },
  },
  publishedRows: { train: 635, dev: 71 },
  datasetCard: "datasets/glue/wnli.yaml",
};
