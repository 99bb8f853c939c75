import type { CellReport, RunResult, Summary } from "@peftbench/harness";
import { median, summarize } from "@peftbench/harness";
import { formatTable } from "../table.ts";
import type { SuiteAndOrigin } from "./suites.ts";
import { formatBySuite, originOfTask } from "./suites.ts";

/** What one method came to on one task with one model, over seeds. */
export interface MethodSummary extends SuiteAndOrigin {
  readonly model: string;
  readonly task: string;
  readonly method: string;
  /** Seeds that were asked for and have no good result. */
  readonly missing: number;
  readonly metric: string | null;
  readonly score: Summary;
  readonly trainable: number | null;
  readonly headParameters: number | null;
  readonly peakLiveBytes: number | null;
  readonly memorySource: "measured" | "planned" | null;
  readonly stepMsMedian: number | null;
}

/** One row for each model, task and method, in the order of the cells. */
export function summarizeReports(reports: readonly CellReport[]): readonly MethodSummary[] {
  const groups = new Map<string, [CellReport, ...CellReport[]]>();
  for (const report of reports) {
    const { model, task, method } = report.spec.cell;
    const key = JSON.stringify([model, task, method]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [report]);
    else group.push(report);
  }
  return [...groups.values()].map(summarizeGroup);
}

function summarizeGroup(reports: readonly [CellReport, ...CellReport[]]): MethodSummary {
  const good = reports.flatMap(({ result }) => (result?.status === "ok" ? [result] : []));
  const scores = good.flatMap((result) => primaryOf(result)?.value ?? []);
  const { suite, model, task, method } = reports[0].spec.cell;
  const first = good[0];
  return {
    suite,
    origin: originOfTask(task),
    model,
    task,
    method,
    missing: reports.length - good.length,
    metric: first === undefined ? null : (primaryOf(first)?.name ?? null),
    score: summarize(scores),
    trainable: first?.parameters?.trainableInitial ?? null,
    headParameters: first?.parameters?.head ?? null,
    peakLiveBytes: first?.memory?.peakLiveBytes ?? null,
    memorySource: first?.memory?.source ?? null,
    stepMsMedian: median(good.flatMap((result) => result.time?.stepMsMedian ?? [])),
  };
}

function primaryOf(result: RunResult) {
  return result.metrics.find((metric) => metric.primary);
}

const HEADINGS = [
  "model",
  "task",
  "method",
  "metric",
  "mean",
  "± sd",
  "seeds",
  "trainable",
  "+ head",
  "peak MiB",
  "step ms",
];

/** A table for each suite, under a heading that says what its text is. */
export function formatSummaries(rows: readonly MethodSummary[]): string {
  return formatBySuite(rows, formatSuite);
}

function formatSuite(rows: readonly MethodSummary[]): string {
  const none = "-";
  return formatTable(
    HEADINGS,
    rows.map((row) => [
      row.model,
      row.task,
      row.method,
      row.metric ?? none,
      row.score.mean?.toFixed(4) ?? none,
      row.score.deviation?.toFixed(4) ?? none,
      row.missing === 0 ? `${row.score.count}` : `${row.score.count} (${row.missing} missing)`,
      row.trainable?.toLocaleString("en-US") ?? none,
      row.headParameters?.toLocaleString("en-US") ?? none,
      row.peakLiveBytes === null ? none : `${(row.peakLiveBytes / 2 ** 20).toFixed(1)} ${row.memorySource}`,
      row.stepMsMedian?.toFixed(0) ?? none,
    ]),
    [4, 5, 6, 7, 8, 9, 10],
  );
}
