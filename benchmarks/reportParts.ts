/**
 * What a page of figures here takes from the report so that it looks like one. By path, as the report exports whole pages
 * alone: its parts are no promise to anybody, and this is the one place to mend when they change.
 */
export type { Chart } from "../packages/report/src/charts/render.ts";
export { renderChart } from "../packages/report/src/charts/render.ts";
export type { MethodMark } from "../packages/report/src/charts/theme.ts";
export { frame, methodMarks, mutedInk, nameAxis, roleTitles } from "../packages/report/src/charts/theme.ts";
export { formatFixed, formatShare } from "../packages/report/src/format.ts";
export type { Html } from "../packages/report/src/html/html.ts";
export { html } from "../packages/report/src/html/html.ts";
export { placeModules } from "../packages/report/src/moduleNames.ts";
export { page } from "../packages/report/src/page.ts";
