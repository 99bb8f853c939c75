import type { RegressionTask, TaskFiles } from "../task.ts";

/** Semantic Textual Similarity Benchmark: how alike in meaning are two sentences, from 0 to 5? */
export const stsb: RegressionTask<TaskFiles> = {
  id: "stsb",
  title: "STS-B (semantic similarity)",
  suite: "glue",
  origin: "published",
  kind: "regression",
  labels: [],
  range: { min: 0, max: 5 },
  metrics: { primary: "pearson", names: ["pearson", "spearman"] },
  source: {
    kind: "files",
    folders: ["STS-B", "STSB"],
    train: "train.tsv",
    dev: "dev.tsv",
    shape: { header: true },
    columns: { text: "sentence1", pair: "sentence2", label: "score" },
    parquet: {
      folder: "stsb",
      train: "train",
      dev: "validation",
      columns: { text: "sentence1", pair: "sentence2", label: "label" },
    },
  },
  publishedRows: { train: 5_749, dev: 1_500 },
  datasetCard: "datasets/glue/stsb.yaml",
};
