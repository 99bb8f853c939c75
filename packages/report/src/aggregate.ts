import type { MemoryRole, RunStatus, SavePolicyName } from "@peftbench/harness";
import { memoryRoles, summarize as summarizeValues } from "@peftbench/harness";
import { from, op } from "arquero";
import { groupBy } from "./groupBy.ts";
import type { MetricScale } from "./metricScale.ts";
import { metricScale } from "./metricScale.ts";
import type { DataOrigin } from "./origin.ts";
import { compareOrigins } from "./origin.ts";
import type { RunRow } from "./runs.ts";

/** Of every interval on the page. */
export const CONFIDENCE = 0.95;

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Seeds of one method that ended the same way without a score. */
export interface Failure {
  /** `ok` where the run ended well and only its metric has no value. */
  readonly status: RunStatus;
  readonly reason: string;
  readonly seeds: readonly number[];
}

/** Scores on a labelled split beside dev, such as MNLI's mismatched, over the seeds that have one. */
export interface FurtherScore {
  readonly split: string;
  readonly metric: string;
  readonly scored: number;
  readonly mean: number;
  /** Null for fewer than two seeds. */
  readonly deviation: number | null;
}

/** One method on one task of one model, over its seeds: a row of the results table. */
export interface MethodSummary {
  readonly model: string;
  readonly task: string;
  readonly method: string;
  readonly runs: number;
  /** Runs with a score: what mean, deviation and interval are of. */
  readonly scored: number;
  readonly mean: number | null;
  /** Sample standard deviation over seeds; null for fewer than two. */
  readonly deviation: number | null;
  readonly interval: Interval | null;
  readonly trainableInitial: number | null;
  readonly trainableAverage: number | null;
  readonly trainableFinal: number | null;
  readonly head: number | null;
  readonly total: number | null;
  /** The largest over seeds. */
  readonly peakLiveBytes: number | null;
  readonly peakReservedBytes: number | null;
  /** Of the run with the largest peak. */
  readonly bytesByRole: Readonly<Record<MemoryRole, number>> | null;
  readonly memorySource: "measured" | "planned" | "mixed" | null;
  readonly savePolicies: readonly SavePolicyName[];
  /** Medians over seeds. */
  readonly stepMs: number | null;
  readonly tokensPerSecond: number | null;
  readonly trainMs: number | null;
  readonly failures: readonly Failure[];
  /** In the order in which runs report them. */
  readonly further: readonly FurtherScore[];
  readonly rows: readonly RunRow[];
}

/** A score that needs no model. */
export interface BaselineSummary {
  readonly name: string;
  readonly value: number;
  /** What it says of every example; null where that depends on the example or is not known. */
  readonly answer: number | null;
}

/** All methods on one task of one model, the best mean first, methods without a score last. */
export interface TaskSummary {
  readonly model: string;
  readonly suite: string;
  readonly task: string;
  readonly origin: DataOrigin;
  /** Null where no run got as far as a metric. */
  readonly metric: string | null;
  readonly scale: MetricScale;
  /** Examples that were scored; null where unknown or not the same for all. */
  readonly count: number | null;
  readonly methods: readonly MethodSummary[];
  readonly baselines: readonly BaselineSummary[];
}

const groupColumns = ["model", "task", "method"] as const;

interface Rollup {
  readonly model: string;
  readonly task: string;
  readonly method: string;
  readonly runs: number;
  readonly scored: number;
  readonly mean: number | undefined;
  readonly deviation: number | undefined;
  readonly trainableInitial: number | undefined;
  readonly trainableAverage: number | undefined;
  readonly trainableFinal: number | undefined;
  readonly head: number | undefined;
  readonly total: number | undefined;
  readonly peakLiveBytes: number | undefined;
  readonly peakReservedBytes: number | undefined;
  readonly stepMs: number | undefined;
  readonly tokensPerSecond: number | undefined;
  readonly trainMs: number | undefined;
}

/**
 * The one place where figures over seeds are made; tables, charts and sentences all read them from here.
 * @returns by model, then suite by suite, suites of real text first
 */
export function summarize(rows: readonly RunRow[]): readonly TaskSummary[] {
  if (rows.length === 0) return [];
  const columns = rows.map(({ result: _result, bytesByRole: _bytes, ...columnsOfRow }) => columnsOfRow);
  const rollups = from([...columns])
    .groupby(...groupColumns)
    .rollup({
      runs: op.count(),
      scored: op.valid("value"),
      mean: op.mean("value"),
      deviation: op.stdev("value"),
      trainableInitial: op.max("trainableInitial"),
      trainableAverage: op.mean("trainableAverage"),
      trainableFinal: op.max("trainableFinal"),
      head: op.max("head"),
      total: op.max("total"),
      peakLiveBytes: op.max("peakLiveBytes"),
      peakReservedBytes: op.max("peakReservedBytes"),
      stepMs: op.median("stepMs"),
      tokensPerSecond: op.median("tokensPerSecond"),
      trainMs: op.median("trainMs"),
    })
    .objects() as Rollup[];
  const summaries = rollups.map((rollup) => summarizeMethod(rollup, rows));
  const tasks = groupBy(summaries, ({ model, task }) => JSON.stringify([model, task])).map(summarizeTask);
  const models = [...new Set(tasks.map(({ model }) => model))];
  const suites = [...new Set(tasks.map(({ suite }) => suite))].sort();
  return tasks.sort(
    (a, b) =>
      models.indexOf(a.model) - models.indexOf(b.model) ||
      compareOrigins(a.origin, b.origin) ||
      suites.indexOf(a.suite) - suites.indexOf(b.suite),
  );
}

function summarizeMethod(rollup: Rollup, allRows: readonly RunRow[]): MethodSummary {
  const rows = allRows.filter((row) => groupColumns.every((column) => row[column] === rollup[column]));
  const known = (value: number | undefined): number | null =>
    value === undefined || !Number.isFinite(value) ? null : value;
  const mean = rollup.scored > 0 ? known(rollup.mean) : null;
  const deviation = rollup.scored > 1 ? known(rollup.deviation) : null;
  const sources = new Set(rows.flatMap(({ memorySource }) => memorySource ?? []));
  const [source = null] = sources;
  return {
    model: rollup.model,
    task: rollup.task,
    method: rollup.method,
    runs: rollup.runs,
    scored: rollup.scored,
    mean,
    deviation,
    interval: summarizeValues(
      rows.flatMap(({ value }) => value ?? []),
      CONFIDENCE,
    ).interval,
    trainableInitial: known(rollup.trainableInitial),
    trainableAverage: known(rollup.trainableAverage),
    trainableFinal: known(rollup.trainableFinal),
    head: known(rollup.head),
    total: known(rollup.total),
    peakLiveBytes: known(rollup.peakLiveBytes),
    peakReservedBytes: known(rollup.peakReservedBytes),
    bytesByRole: rows.find((row) => row.peakLiveBytes === rollup.peakLiveBytes)?.bytesByRole ?? null,
    memorySource: sources.size > 1 ? "mixed" : source,
    savePolicies: [...new Set(rows.flatMap(({ savePolicy }) => savePolicy ?? []))],
    stepMs: known(rollup.stepMs),
    tokensPerSecond: known(rollup.tokensPerSecond),
    trainMs: known(rollup.trainMs),
    failures: failuresOf(rows),
    further: furtherScores(rows),
    rows,
  };
}

function furtherScores(rows: readonly RunRow[]): readonly FurtherScore[] {
  const values = rows.flatMap(({ result }) =>
    result.status !== "ok"
      ? []
      : result.furtherMetrics.flatMap(({ split, name, value }) =>
          value === null ? [] : [{ split, name, value }],
        ),
  );
  return groupBy(values, ({ split, name }) => JSON.stringify([split, name])).flatMap((group) => {
    const [first] = group;
    const { count, mean, deviation } = summarizeValues(group.map(({ value }) => value));
    if (first === undefined || mean === null) return [];
    return [{ split: first.split, metric: first.name, scored: count, mean, deviation }];
  });
}

function failuresOf(rows: readonly RunRow[]): readonly Failure[] {
  const withoutScore = rows.filter(({ value }) => value === null);
  const groups = groupBy(withoutScore, ({ status, reason }) => JSON.stringify([status, reason]));
  return groups.flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const reason = first.reason ?? "no primary metric was reported";
    return [{ status: first.status, reason, seeds: group.map(({ seed }) => seed) }];
  });
}

function summarizeTask(methods: readonly MethodSummary[]): TaskSummary {
  const rows = methods.flatMap((method) => method.rows);
  const metric = rows.find((row) => row.metric !== null)?.metric ?? null;
  const primaries = rows.flatMap(({ result }) => result.metrics.filter(({ name }) => name === metric));
  const baselines = new Map<string, BaselineSummary>();
  for (const { result } of rows) {
    for (const { name, value, answer, metric: of } of result.baselines) {
      if (of === metric && value !== null) baselines.set(name, { name, value, answer });
    }
  }
  const higherIsBetter = primaries[0]?.higherIsBetter ?? true;
  const values = [
    ...primaries.flatMap(({ value }) => value ?? []),
    ...[...baselines.values()].map(({ value }) => value),
  ];
  const counts = new Set(rows.flatMap(({ count }) => count ?? []));
  const [count = null] = counts;
  const scale = metricScale(metric, higherIsBetter, values, count);
  const rank = ({ mean }: MethodSummary): number =>
    mean === null ? Number.NEGATIVE_INFINITY : scale.higherIsBetter ? mean : -mean;
  return {
    model: methods[0]?.model ?? "",
    suite: rows[0]?.suite ?? "",
    task: methods[0]?.task ?? "",
    // A run that broke off may not have said.
    origin: rows.find(({ origin }) => origin !== "published")?.origin ?? "published",
    metric,
    scale,
    count: counts.size === 1 ? count : null,
    methods: [...methods].sort((a, b) => compareNumbers(rank(b), rank(a))),
    baselines: [...baselines.values()],
  };
}

/** Unlike a subtraction, this is zero for two infinities of one sign. */
function compareNumbers(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Trained in all: the method's own parameters and the task head. */
export function trainableWithHead(summary: MethodSummary): number | null {
  const { trainableInitial, head } = summary;
  return trainableInitial === null || head === null ? null : trainableInitial + head;
}

/** The part of all parameters held that is trained at the first step, head included; between 0 and 1. */
export function trainableShare(summary: MethodSummary): number | null {
  const trained = trainableWithHead(summary);
  return trained === null || summary.total === null || summary.total === 0 ? null : trained / summary.total;
}

/** The roles that hold any bytes in any of these summaries, in the schema's order. */
export function rolesInUse(summaries: readonly MethodSummary[]): readonly MemoryRole[] {
  return memoryRoles.filter((role) => summaries.some(({ bytesByRole }) => (bytesByRole?.[role] ?? 0) > 0));
}
