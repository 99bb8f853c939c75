export { type Checkpoint, CheckpointError, loadCheckpoint, saveCheckpoint } from "./checkpoint.ts";
export {
  type TrainingConfig,
  type TrainingOverrides,
  trainingConfigSchema,
  trainingOverridesSchema,
} from "./config.ts";
export { currentRuntime, type RuntimeName, readSourceState, type SourceState } from "./environment.ts";
export { type BeamOptions, beamSearch } from "./generation/beamSearch.ts";
export { type GenerateOptions, generate } from "./generation/generate.ts";
export { Generator, type GeneratorOptions } from "./generation/generator.ts";
export { runCellProcess } from "./grid/cellProcess.ts";
export { type CellSpec, cellSpecSchema } from "./grid/cellSpec.ts";
export {
  findRuntime,
  type RuntimeCommand,
  RuntimeMissingError,
  runtimeCommand,
} from "./grid/childCommand.ts";
export {
  type CellContext,
  type CellOutcome,
  type ExecuteCell,
  InterruptedError,
} from "./grid/executeCell.ts";
export {
  expandGrid,
  type GridMethod,
  type GridModel,
  type GridPlan,
  type GridSettings,
  type GridTask,
  settingsOn,
} from "./grid/expand.ts";
export { type ReusableRuns, reusableRuns, type TakenRuns, takeRuns } from "./grid/reuse.ts";
export {
  type CellReport,
  exitCodeOf,
  finishedResult,
  type GridListener,
  runGrid,
} from "./grid/runGrid.ts";
export { abortOnSignals } from "./grid/signals.ts";
export { canonicalJson, RESULT_VERSION, type RunIdentity, runId } from "./identity.ts";
export { modelSettingsChecksum, modelSettingsFiles } from "./modelFiles.ts";
export {
  loadPretrainingConfig,
  type PretrainingConfig,
  PretrainingConfigError,
} from "./pretraining/config.ts";
export { pretrainingId } from "./pretraining/context.ts";
export { loadCorpora } from "./pretraining/corpora/loadCorpora.ts";
export type { PretrainingEvent } from "./pretraining/events.ts";
export type { PretrainingOutcome } from "./pretraining/finalEvaluation.ts";
export { drawFirstValues } from "./pretraining/firstValues.ts";
export { totalSteps, withTotalSteps } from "./pretraining/phases.ts";
export { createPretrainingProgress } from "./pretraining/progress.ts";
export { runPretraining } from "./pretraining/runPretraining.ts";
export { runMeasureProcess } from "./probe/measureProcess.ts";
export type { MeasureRequest } from "./probe/measureRequest.ts";
export { runProbeProcess } from "./probe/probeProcess.ts";
export type { ProbeAnswer } from "./probe/probeRequest.ts";
export { createProber, type ProberOptions } from "./probe/prober.ts";
export { type ProbeProcessOptions, startProbe } from "./probe/startProbe.ts";
export { formatDuration } from "./progress/format.ts";
export { createProgress, type ProgressOutput } from "./progress/progress.ts";
export { choiceChecksum, choiceItem } from "./reasoning/choiceItems.ts";
export { rightOption } from "./reasoning/choiceWork.ts";
export {
  type RunEvent,
  type RunEventBody,
  runEventSchema,
  type StepEvent,
  stepsOf,
} from "./result/events.ts";
export { exampleResult } from "./result/example.ts";
export type { ExampleText } from "./result/exampleTexts.ts";
export type { MeasuredMemory } from "./result/measuredMemory.ts";
export {
  FormatError,
  type ParsedLines,
  parseDocument,
  parseEvents,
  parsePredictions,
  parseResult,
} from "./result/parse.ts";
export { type Prediction, predictionSchema } from "./result/predictions.ts";
export {
  type ExecutorKind,
  executorKinds,
  type MemoryRole,
  memoryRoles,
  type RankHistory,
  type ResultBaseline,
  type ResultData,
  type ResultEnvironment,
  type ResultError,
  type ResultMemory,
  type ResultMetric,
  type ResultParameters,
  type ResultStage,
  type ResultTime,
  type ResultWeights,
  type RunCell,
  type RunResult,
  type RunStatus,
  resultSchema,
  runStatuses,
  type SavePolicyName,
  SCHEMA_VERSION,
} from "./result/schema.ts";
export type { ResultTuning } from "./result/tuning.ts";
export { SelectionConfigError } from "./selectionConfig.ts";
export { type PairedEffect, pairedEffect, pairedOddsRatio } from "./statistics/effectSize.ts";
export { type EquivalenceResult, equivalenceTest } from "./statistics/equivalence.ts";
export {
  type Estimate,
  estimateOverSeeds,
  estimateOverSeedsAndExamples,
  testDifference,
  withVariance,
} from "./statistics/estimate.ts";
export { holm } from "./statistics/holm.ts";
export { LEVEL } from "./statistics/level.ts";
export { type McNemarResult, mcnemar } from "./statistics/mcnemar.ts";
export { median } from "./statistics/median.ts";
export {
  type BootstrapMetric,
  type BootstrapResult,
  resampleScores,
  summarizeResamples,
} from "./statistics/resamples.ts";
export { type Summary, summarize } from "./statistics/summary.ts";
export { type Evidence, type Verdict, verdictOf } from "./statistics/verdict.ts";
export { writeFileAtomic } from "./store/atomicFile.ts";
export { loadExampleTexts } from "./store/exampleTexts.ts";
export {
  loadEvents,
  loadPredictions,
  loadResult,
  loadRuns,
  type StoredRun,
  type StoredRuns,
} from "./store/results.ts";
export { type RunPaths, runPaths } from "./store/runFolder.ts";
export {
  loadSuite,
  type MethodSettings,
  methodConfigFor,
  type Suite,
  type SuitePreset,
  suiteSchema,
  trainingFor,
} from "./suite.ts";
export { limited, type PreparedCell, type PreparedSplit } from "./training/assemble.ts";
export { openCaches } from "./training/caches.ts";
export type { CellDevice, DeviceRequest, OpenDevice } from "./training/cellDevice.ts";
export {
  createExecuteCell,
  type Registries,
} from "./training/executeCell.ts";
export { type BatchLengths, optimizerSettings, trainingGraph } from "./training/graphs.ts";
export { parameterRoles } from "./training/measure.ts";
export { measureStage } from "./training/measureStage.ts";
export { type PlannedTraining, planTraining, stageGraphs } from "./training/memory.ts";
export {
  lowerPeaks,
  type MemorySettings,
  type PlannedChange,
} from "./training/memoryChanges.ts";
export { type PeakTensors, tensorsAtPeak } from "./training/peakTensors.ts";
export { createPlanCache, type PlanCache } from "./training/planCache.ts";
export { prepareCell, sequenceTokenizer } from "./training/prepare.ts";
export { type StepBatch, stepBatch } from "./training/stepBatch.ts";
export { randomBase, randomBatch } from "./training/syntheticStage.ts";
export { Trainer } from "./training/trainer.ts";
export { waysOut } from "./training/waysOut.ts";
export { type Choice, chooseTrial } from "./tuning/choose.ts";
export { recordTuning } from "./tuning/recordTuning.ts";
export { expandSearch, SearchError, type TrialGroup, withSettings } from "./tuning/search.ts";
export { type SearchConfig, searchSchema } from "./tuning/searchConfig.ts";
export { type ChosenGroup, tunedGrid } from "./tuning/tunedGrid.ts";
