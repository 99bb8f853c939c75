export { keptBagOfWordsBaseline } from "./bagOfWords/keptBaseline.ts";
export { type Batch, type BatchOptions, makeBatch } from "./batching/batch.ts";
export { type BucketOptions, bucketIndex, chooseBuckets } from "./batching/buckets.ts";
export {
  type BatchPlan,
  batchesPerEpoch,
  countTokens,
  type PlanOptions,
  planEpoch,
  planEvaluation,
} from "./batching/plan.ts";
export {
  type EncodedSequence,
  type SequenceTokenizer,
  type TokenizedExample,
  type TokenizedExamples,
  tokenizeExamples,
} from "./batching/tokenize.ts";
export {
  DatasetError,
  type DatasetErrorCode,
  type DatasetErrorDetails,
  TaskArgumentError,
} from "./errors.ts";
export { glueTasks } from "./glue/index.ts";
export {
  type LoadedTestSplit,
  readTestSplits,
} from "./glue/submission/readTestSplits.ts";
export { submissionText } from "./glue/submission/submissionText.ts";
export { testSplitsOf } from "./glue/submission/testSplits.ts";
export type { ColumnReference } from "./glue/tsv.ts";
export { glueMiniTasks } from "./glueMini/index.ts";
export { GLUE_IN_HUB, glueFilesInHub } from "./hub/layout.ts";
export {
  type Metric,
  type MetricName,
  type MetricResult,
  metrics,
  type NumberList,
} from "./metrics/index.ts";
export { type BleuOptions, type BleuScore, corpusBleu } from "./metrics/text/bleu.ts";
export {
  meanRouge,
  type RougeOptions,
  type RougeScore,
  type RougeScores,
  type RougeType,
  rougeScores,
  rougeTypes,
} from "./metrics/text/rouge.ts";
export { offlineTasks } from "./offline/index.ts";
export { choiceTasks } from "./reasoning/choiceTasks.ts";
export {
  answerNames,
  type InstructionForm,
  readChosenOption,
  writeInstruction,
} from "./reasoning/instruction.ts";
export { type LoadedChoices, type LoadedNumbers, loadChoices, loadNumbers } from "./reasoning/load.ts";
export { extractNumber, isSameNumber } from "./reasoning/number.ts";
export { numberTasks } from "./reasoning/numberTasks.ts";
export { findOverlap, type Overlap, type OverlapItem, overlapItems } from "./reasoning/overlap.ts";
export {
  findPrompt,
  type Prompt,
  type PromptText,
  renderNumber,
  renderOptions,
  renderPrompt,
} from "./reasoning/prompt.ts";
export type {
  ChoiceExample,
  ChoiceTask,
  NumberExample,
  NumberTask,
  ReasoningSplit,
  ReasoningSplitName,
  ReasoningTask,
} from "./reasoning/task.ts";
export { allTasks, findTask } from "./registry.ts";
export {
  type DataFile,
  type DataProvenance,
  type LoadedSplit,
  type LoadedTask,
  type LoadOptions,
  loadTask,
  needsDataFolder,
} from "./source.ts";
export { heldOut, type SelectionSplit, selectionSplit, subset } from "./splits.ts";
export {
  type ClassificationTask,
  type Example,
  type FurtherSplit,
  type LabelDefinition,
  type LabelledSplits,
  type LabelledText,
  type OriginalFiles,
  outputCount,
  type ParquetLayout,
  type RegressionTask,
  type SplitRows,
  type TaskDefinition,
  type TaskFiles,
  type TaskGenerator,
  type TaskMetrics,
  type TaskOrigin,
  type TaskPackage,
  type TaskSource,
  type TaskSuite,
} from "./task.ts";
