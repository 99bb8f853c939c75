export type { LossCurve, LossPoint } from "./lossCurve.ts";
export { type ReportInput, renderReport } from "./report.ts";
