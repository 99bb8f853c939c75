export type { LossCurve, LossPoint } from "./lossCurve.ts";
export { compareOrigins, suiteWithOrigin } from "./origin.ts";
export { type ReportInput, renderReport } from "./report.ts";
export { NoResultsError, type ReportOptions, type WrittenReport, writeReport } from "./writeReport.ts";
