import type { ClassificationTask, TaskFiles } from "../task.ts";

/** Stanford Sentiment Treebank, two classes: is a phrase from a film review positive? */
export const sst2: ClassificationTask<TaskFiles> = {
  id: "sst2",
  title: "SST-2 (sentiment of film reviews)",
  suite: "glue",
  origin: "published",
  kind: "classification",
  labels: [
    { value: "0", name: "negative" },
    { value: "1", name: "positive" },
  ],
  metrics: { primary: "accuracy", names: ["accuracy"] },
  source: {
    kind: "files",
    folders: ["SST-2", "SST2"],
    train: "train.tsv",
    dev: "dev.tsv",
    shape: { header: true },
    columns: { text: "sentence", label: "label" },
    parquet: {
      folder: "sst2",
      train: "train",
      dev: "validation",
      columns: { text: "sentence", label: "label" },
    },
  },
  publishedRows: { train: 67_349, dev: 872 },
  datasetCard: "datasets/glue/sst2.yaml",
};
