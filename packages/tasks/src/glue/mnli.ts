import type { ClassificationTask, TaskFiles } from "../task.ts";

/**
 * Multi-Genre Natural Language Inference: does the second sentence follow from the first, contradict it, or neither?
 * Its dev set has two halves: `dev` is the one of the genres that are trained on, which methods are ranked by;
 * `mismatched` is of other genres.
 */
export const mnli: ClassificationTask<TaskFiles> = {
  id: "mnli",
  title: "MNLI (textual entailment, three classes)",
  suite: "glue",
  origin: "published",
  kind: "classification",
  labels: [
    { value: "entailment", name: "entailment" },
    { value: "neutral", name: "neutral" },
    { value: "contradiction", name: "contradiction" },
  ],
  metrics: { primary: "accuracy", names: ["accuracy"] },
  source: {
    kind: "files",
    folders: ["MNLI"],
    train: "train.tsv",
    dev: "dev_matched.tsv",
    further: [
      {
        name: "mismatched",
        file: "dev_mismatched.tsv",
        parquet: "validation_mismatched",
        publishedRows: 9_832,
      },
    ],
    shape: { header: true },
    columns: { text: "sentence1", pair: "sentence2", label: "gold_label" },
    parquet: {
      folder: "mnli",
      train: "train",
      dev: "validation_matched",
      columns: { text: "premise", pair: "hypothesis", label: "label" },
    },
  },
  publishedRows: { train: 392_702, dev: 9_815 },
  datasetCard: "datasets/glue/mnli.yaml",
};
