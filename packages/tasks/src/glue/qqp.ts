import type { ClassificationTask, TaskFiles } from "../task.ts";

/** Quora Question Pairs: do two questions ask the same? Two of its published training examples lack the second one. */
export const qqp: ClassificationTask<TaskFiles> = {
  id: "qqp",
  title: "QQP (duplicate questions)",
  suite: "glue",
  origin: "published",
  kind: "classification",
  labels: [
    { value: "0", name: "not duplicate" },
    { value: "1", name: "duplicate" },
  ],
  metrics: { primary: "accuracy", names: ["accuracy", "f1"] },
  source: {
    kind: "files",
    folders: ["QQP"],
    train: "train.tsv",
    dev: "dev.tsv",
    shape: { header: true },
    columns: { text: "question1", pair: "question2", label: "is_duplicate" },
    emptyTexts: 2,
    parquet: {
      folder: "qqp",
      train: "train",
      dev: "validation",
      columns: { text: "question1", pair: "question2", label: "label" },
    },
  },
  publishedRows: { train: 363_846, dev: 40_430 },
  datasetCard: "datasets/glue/qqp.yaml",
};
