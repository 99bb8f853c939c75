export {
  type RunEvent,
  type RunEventBody,
  runEventSchema,
  type StepEvent,
  stepsOf,
} from "./result/events.ts";
export { exampleResult } from "./result/example.ts";
export {
  FormatError,
  type ParsedLines,
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
  type ResultBaseline,
  type ResultData,
  type ResultEnvironment,
  type ResultError,
  type ResultMemory,
  type ResultMetric,
  type ResultParameters,
  type ResultTime,
  type ResultWeights,
  type RunCell,
  type RunResult,
  type RunStatus,
  resultSchema,
  runStatuses,
  type SavePolicyName,
  SCHEMA_VERSION,
  savePolicies,
} from "./result/schema.ts";
