import type { ColumnReference } from "./glue/tsv.ts";
import type { MetricName } from "./metrics/index.ts";

/** One class: as the data set's file writes it, and as a person reads it. Its class number is its place in the list. */
export interface LabelDefinition {
  readonly value: string;
  readonly name: string;
}

/** The metrics a task reports, all of them; `primary` is the one that methods are ranked and selected by. */
export interface TaskMetrics {
  readonly primary: MetricName;
  readonly names: readonly MetricName[];
}

/** Where a task's examples stand in its files. */
export interface TaskFiles {
  /** Names of the folder inside the data folder; the first is the usual one, any is found whatever its case. */
  readonly folders: readonly string[];
  readonly train: string;
  readonly dev: string;
  readonly shape: { readonly header: true } | { readonly header: false; readonly fieldCount: number };
  readonly columns: {
    readonly text: ColumnReference;
    /** The second sentence, in a task about pairs. */
    readonly pair?: ColumnReference;
    readonly label: ColumnReference;
  };
}

interface TaskBase {
  /** Short and lower-case, as a person types it: `sst2`. */
  readonly id: string;
  readonly title: string;
  readonly suite: "glue";
  readonly metrics: TaskMetrics;
  readonly files: TaskFiles;
  /** The numbers of examples of the published data set, to tell a cut-down copy by. */
  readonly publishedRows: SplitRows;
  /** Path of the dataset card from the root of the project. */
  readonly datasetCard: string;
}

export interface SplitRows {
  readonly train: number;
  readonly dev: number;
}

/** Choose one of several classes; `Example.label` is the class number. */
export interface ClassificationTask extends TaskBase {
  readonly kind: "classification";
  readonly labels: readonly LabelDefinition[];
}

/** Predict a score; `Example.label` is the score, within `range` (ends included). */
export interface RegressionTask extends TaskBase {
  readonly kind: "regression";
  readonly labels: readonly [];
  readonly range: { readonly min: number; readonly max: number };
}

/** All that the harness has to know of a task, as plain data. */
export type TaskDefinition = ClassificationTask | RegressionTask;

/** One labelled example. */
export interface Example {
  /** `<split>:<row>`, the data row of the file counted from 0: the same in every run and under every subset. */
  readonly id: string;
  readonly text: string;
  readonly pair?: string;
  /** Class number (classification) or score (regression). */
  readonly label: number;
}

/** The number of values a model's head gives for a task: a logit a class, or one score. */
export function outputCount(task: TaskDefinition): number {
  return task.kind === "classification" ? task.labels.length : 1;
}
