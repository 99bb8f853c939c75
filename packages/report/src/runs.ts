import type { MemoryRole, ResultMetric, RunResult, RunStatus, SavePolicyName } from "@peftbench/harness";
import { groupBy } from "./groupBy.ts";
import type { DataOrigin } from "./origin.ts";
import { originOf } from "./origin.ts";

/** One run, flat: a row of the table that everything on the page is aggregated from. */
export interface RunRow {
  readonly id: string;
  readonly model: string;
  readonly suite: string;
  readonly task: string;
  readonly origin: DataOrigin;
  /** The method's id; with what sets it apart where one method was run with several configurations. */
  readonly method: string;
  readonly seed: number;
  readonly status: RunStatus;
  /** Why there is no score; null where there is one. */
  readonly reason: string | null;
  /** Name and value of the primary metric, as stored (an accuracy of 0.9 is 0.9). */
  readonly metric: string | null;
  readonly value: number | null;
  /** Examples that were scored. */
  readonly count: number | null;
  readonly trainableInitial: number | null;
  readonly trainableAverage: number | null;
  readonly trainableFinal: number | null;
  readonly head: number | null;
  readonly total: number | null;
  readonly peakLiveBytes: number | null;
  readonly peakReservedBytes: number | null;
  readonly memorySource: "measured" | "planned" | null;
  readonly savePolicy: SavePolicyName | null;
  readonly bytesByRole: Readonly<Record<MemoryRole, number>> | null;
  /** Times are of finished runs alone. */
  readonly stepMs: number | null;
  readonly tokensPerSecond: number | null;
  readonly trainMs: number | null;
  readonly result: RunResult;
}

/** The runs to report, and those that an identical, later run of the same seed has replaced. */
export interface SelectedRuns {
  readonly rows: readonly RunRow[];
  readonly replaced: readonly RunResult[];
}

/** Flattens results, names methods apart by configuration, and keeps the latest of runs that repeat one another. */
export function selectRuns(results: readonly RunResult[]): SelectedRuns {
  const labels = methodLabels(results);
  const latest = new Map<string, RunResult>();
  const replaced: RunResult[] = [];
  for (const result of results) {
    const { model, task, seed } = result.cell;
    const key = JSON.stringify([model, task, labels.get(result), seed]);
    const other = latest.get(key);
    const isLater = other === undefined || other.environment.createdAt <= result.environment.createdAt;
    if (isLater) latest.set(key, result);
    if (other !== undefined) replaced.push(isLater ? other : result);
  }
  const rows = [...latest.values()].map((result) => toRow(result, labels.get(result) ?? result.cell.method));
  return { rows: rows.sort(compareRows), replaced };
}

/** The metric that methods are ranked by; null for a run that has none. */
function primaryMetric(result: RunResult): ResultMetric | null {
  return result.metrics.find((metric) => metric.primary) ?? null;
}

function toRow(result: RunResult, method: string): RunRow {
  const { cell, parameters, memory, status } = result;
  const metric = primaryMetric(result);
  const finished = status === "ok";
  const time = finished ? result.time : null;
  return {
    id: result.id,
    model: cell.model,
    suite: cell.suite,
    task: cell.task,
    origin: originOf(result),
    method,
    seed: cell.seed,
    status,
    reason: finished ? (metric?.reason ?? null) : errorText(result),
    metric: metric?.name ?? null,
    value: finished ? (metric?.value ?? null) : null,
    count: metric?.count ?? null,
    trainableInitial: parameters?.trainableInitial ?? null,
    trainableAverage: parameters?.trainableAverage ?? null,
    trainableFinal: parameters?.trainableFinal ?? null,
    head: parameters?.head ?? null,
    total: parameters?.total ?? null,
    peakLiveBytes: memory?.peakLiveBytes ?? null,
    peakReservedBytes: memory?.peakReservedBytes ?? null,
    memorySource: memory?.source ?? null,
    savePolicy: memory?.savePolicy ?? null,
    bytesByRole: memory?.byRole ?? null,
    stepMs: time?.stepMsMedian ?? null,
    tokensPerSecond: time?.tokensPerSecond ?? null,
    trainMs: time?.trainMs ?? null,
    result,
  };
}

function errorText(result: RunResult): string {
  const { error } = result;
  if (error === null) return result.status;
  return error.message === "" ? error.type : error.message;
}

function compareRows(a: RunRow, b: RunRow): number {
  return (
    compareText(a.model, b.model) ||
    compareText(a.task, b.task) ||
    compareText(a.method, b.method) ||
    a.seed - b.seed
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** `lora`, or `lora (rank 8)` beside `lora (rank 4)` where both were run on one model and task. */
function methodLabels(results: readonly RunResult[]): ReadonlyMap<RunResult, string> {
  const labels = new Map<RunResult, string>();
  const groups = groupBy(results, ({ cell }) => JSON.stringify([cell.model, cell.task, cell.method]));
  for (const group of groups) {
    const settings = group.map(settingsOf);
    const differing = [...new Set(settings.flatMap((each) => [...each.keys()]))].filter(
      (key) => new Set(settings.map((each) => each.get(key))).size > 1,
    );
    for (const [index, result] of group.entries()) {
      const parts = differing.map((key) => `${key} ${settings[index]?.get(key) ?? "unset"}`);
      labels.set(
        result,
        parts.length === 0 ? result.cell.method : `${result.cell.method} (${parts.join(", ")})`,
      );
    }
  }
  return labels;
}

/** What a run was configured with, by dotted name; a method's own value is `method.<name>` where training has one of that name. */
function settingsOf(result: RunResult): ReadonlyMap<string, string> {
  const settings = new Map(trainingSettingsOf(result));
  const own = new Map<string, string>();
  flatten(result.cell.config.method, "", own);
  for (const [name, value] of own) settings.set(settings.has(name) ? `method.${name}` : name, value);
  return settings;
}

/** How a run was trained, whatever the method, by dotted name; values as JSON. */
export function trainingSettingsOf(result: RunResult): ReadonlyMap<string, string> {
  const settings = new Map<string, string>([["executor", result.environment.executor]]);
  flatten(result.cell.config.training, "", settings);
  return settings;
}

/** Entries of nested records under dotted names; everything else, lists too, as JSON. */
export function flatten(value: unknown, name: string, into: Map<string, string>): void {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    for (const [key, item] of Object.entries(value))
      flatten(item, name === "" ? key : `${name}.${key}`, into);
  } else {
    into.set(name, typeof value === "string" ? value : JSON.stringify(value));
  }
}
