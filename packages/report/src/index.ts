export { compareRuns, type RunComparison } from "./comparison/compareRuns.ts";
export { resampleRuns, type ScoredRun } from "./comparison/examples.ts";
export { judge } from "./comparison/judge.ts";
export type { LossCurve, LossPoint } from "./lossCurve.ts";
export { compareOrigins, suiteWithOrigin } from "./origin.ts";
export { type PublishedFigures, parsePublished } from "./published/schema.ts";
export { type ReportInput, renderReport } from "./report.ts";
export { NoResultsError, type ReportOptions, type WrittenReport, writeReport } from "./writeReport.ts";
