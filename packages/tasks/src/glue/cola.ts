import type { ClassificationTask, TaskFiles } from "../task.ts";

/** Corpus of Linguistic Acceptability: is a sentence grammatical English? Its files have no header line. */
export const cola: ClassificationTask<TaskFiles> = {
  id: "cola",
  title: "CoLA (linguistic acceptability)",
  suite: "glue",
  origin: "published",
  kind: "classification",
  labels: [
    { value: "0", name: "unacceptable" },
    { value: "1", name: "acceptable" },
  ],
  metrics: { primary: "matthews", names: ["matthews", "accuracy"] },
  source: {
    kind: "files",
    folders: ["CoLA"],
    train: "train.tsv",
    dev: "dev.tsv",
    shape: { header: false, fieldCount: 4 },
    columns: { text: 3, label: 1 },
    parquet: {
      folder: "cola",
      train: "train",
      dev: "validation",
      columns: { text: "sentence", label: "label" },
    },
  },
  publishedRows: { train: 8_551, dev: 1_043 },
  datasetCard: "datasets/glue/cola.yaml",
};
