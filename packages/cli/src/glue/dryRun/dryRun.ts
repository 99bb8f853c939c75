import { cpus } from "node:os";
import type { CellSpec, ReusableRuns, RunResult, TakenRuns } from "@peftbench/harness";
import { finishedResult, formatDuration } from "@peftbench/harness";
import type { CommandResult } from "../../command.ts";
import { formatTable } from "../../table.ts";
import { reuseNotice } from "../reuseNotice.ts";
import type { SuiteAndOrigin } from "../suites.ts";
import { formatBySuite, originOfTask } from "../suites.ts";
import type { PlannedCell } from "./planCells.ts";
import type { TimeEstimate } from "./timeEstimate.ts";
import { assumedSpeedOf, estimateTime } from "./timeEstimate.ts";

/** What a call would run. */
export interface DryRun {
  readonly trials: readonly CellSpec[];
  /** The cells to report; where settings are searched, as they are with the methods' own. */
  readonly reported: readonly CellSpec[];
  readonly isSearched: boolean;
  readonly notices: readonly string[];
  /** Null without `--reuse`. */
  readonly reusable: ReusableRuns | null;
  /** Runs that are there: of what speed they were. */
  readonly earlier: readonly RunResult[];
  readonly planCell: (spec: CellSpec) => Promise<PlannedCell>;
}

type Standing = "finished" | "taken over" | "to run" | "to run, as chosen";

interface PlannedRow extends SuiteAndOrigin {
  readonly spec: CellSpec;
  readonly standing: Standing;
  readonly planned: PlannedCell;
  /** Null where the cell has no plan. */
  readonly time: TimeEstimate | null;
}

/** Shows cells, plans and an estimate of time; starts nothing and writes nothing. */
export async function describeDryRun(dryRun: DryRun): Promise<CommandResult> {
  const { trials, reported, isSearched, notices, reusable, earlier, planCell } = dryRun;
  const cpuModel = cpus()[0]?.model.trim() || "unknown";
  const rows: PlannedRow[] = [];
  for (const spec of [...trials, ...reported]) {
    const planned = await planCell(spec);
    rows.push({
      spec,
      suite: spec.cell.suite,
      origin: originOfTask(spec.cell.task),
      standing:
        isSearched && spec.purpose === "report" ? "to run, as chosen" : await standingOf(spec, reusable),
      planned,
      time: planned.kind === "planned" ? estimateTime(spec, planned.plan.work, earlier, cpuModel) : null,
    });
  }
  const toRun = rows.filter(isToRun);
  return {
    exitCode: toRun.some(({ planned }) => planned.kind === "impossible") ? 1 : 0,
    document: {
      dryRun: true,
      notices,
      cells: rows.map(({ spec, suite, origin, standing, planned, time }) => ({
        ...{ id: spec.id, cell: spec.cell, purpose: spec.purpose, suite, origin },
        runFolder: spec.runFolder,
        finished: standing === "finished",
        standing,
        plan: planned.kind === "planned" ? planned.plan : null,
        problem: planned.kind === "planned" ? null : planned.reason,
        estimate: time,
      })),
      estimatedMs: totalMs(toRun),
    },
    text: [
      formatBySuite(rows, (block) => [formatCells(block), "", formatPlans(block)].join("\n")),
      "",
      ...problemLines(rows),
      ...(reusable === null ? [] : [reuseNotice(takenAmong(rows), reusable)]),
      ...footnotes(rows, toRun),
    ].join("\n"),
  };
}

function takenAmong(rows: readonly PlannedRow[]): TakenRuns {
  const specsOf = (standings: readonly Standing[]) =>
    rows.filter(({ standing }) => standings.includes(standing)).map(({ spec }) => spec);
  return { taken: specsOf(["taken over"]), toRun: specsOf(["to run"]) };
}

function isToRun({ standing }: PlannedRow): boolean {
  return standing === "to run" || standing === "to run, as chosen";
}

async function standingOf(spec: CellSpec, reusable: ReusableRuns | null): Promise<Standing> {
  if ((await finishedResult(spec)) !== null) return "finished";
  return !spec.force && (reusable?.find(spec) ?? null) !== null ? "taken over" : "to run";
}

function formatCells(rows: readonly PlannedRow[]): string {
  return formatTable(
    ["model", "task", "method", "seed", "learning rate", "id", ""],
    rows.map(({ spec: { cell, id, purpose }, standing }) => [
      ...[cell.model, cell.task, cell.method, String(cell.seed)],
      ...(standing === "to run, as chosen"
        ? ["", ""]
        : [String(cell.config.training.learningRate), id.slice(0, 8)]),
      purpose === "trial" ? `trial, ${standing}` : standing,
    ]),
    [3, 4],
  );
}

/** A line for each plan: cells that share all but seed and learning rate share it. */
function formatPlans(rows: readonly PlannedRow[]): string {
  const groups = new Map<PlannedCell, PlannedRow[]>();
  for (const row of rows) groups.set(row.planned, [...(groups.get(row.planned) ?? []), row]);
  return formatTable(
    ["model", "task", "method", "to run", "steps each", "trainable", "peak MiB", "about"],
    [...groups].map(([planned, group]) => {
      const { cell, purpose } = (group[0] as PlannedRow).spec;
      const toRun = group.filter(isToRun);
      const name = purpose === "trial" ? `${cell.method} (trials)` : cell.method;
      const start = [cell.model, cell.task, name, `${toRun.length} of ${group.length}`];
      if (planned.kind !== "planned") return [...start, "-", "-", "-", "-"];
      const { steps, isExact, trainable, peakLiveBytes } = planned.plan;
      const time = totalMs(toRun);
      return [
        ...start,
        `${isExact ? "" : "at least "}${steps.toLocaleString("en-US")}`,
        trainable.toLocaleString("en-US"),
        `${isExact ? "" : "at most "}${(peakLiveBytes / 2 ** 20).toFixed(1)}`,
        time === null ? "-" : formatDuration(time),
      ];
    }),
    [3, 4, 5, 6, 7],
  );
}

function problemLines(rows: readonly PlannedRow[]): readonly string[] {
  const toRun = rows.filter(isToRun);
  const lines = toRun.flatMap(({ planned, spec: { cell } }) => {
    if (planned.kind === "planned") return [];
    if (planned.kind === "unknown") return [`No plan of ${cell.method} on ${cell.task}: ${planned.reason}`];
    const what = planned.of === "task" ? cell.task : `${cell.method} on ${cell.task}`;
    return [`Cannot run: ${what}: ${planned.reason}`];
  });
  return [...new Set(lines)];
}

function footnotes(rows: readonly PlannedRow[], toRun: readonly PlannedRow[]): readonly string[] {
  const [first] = rows;
  const total = totalMs(toRun);
  const bases = new Set(toRun.flatMap(({ time }) => time?.basis ?? []));
  const speed = first === undefined ? 0 : assumedSpeedOf(first.spec) / 1e9;
  const basis = [
    ...(bases.has("measured") ? ["the speed of earlier runs of the same method and model here"] : []),
    ...(bases.has("assumed")
      ? [`operations at ${speed.toLocaleString("en-US")} GFLOP/s, which is assumed and may be off by ten`]
      : []),
  ].join("; where there are none, ");
  const unplanned = toRun.filter(({ time }) => time === null).length;
  const without = unplanned === 0 ? "" : `, without ${unplanned} cells that have no plan`;
  return [
    `${toRun.length} of ${rows.length} cells to run.`,
    ...(total === null || toRun.length === 0
      ? []
      : [`About ${formatDuration(total)}${without}: an estimate, by ${basis}. Nothing was started.`]),
    "Peak MiB is the planned live peak of a training step, without what an executor takes beside the plan.",
  ];
}

/** Null where no cell has an estimate. */
function totalMs(rows: readonly PlannedRow[]): number | null {
  const times = rows.flatMap(({ time }) => time?.milliseconds ?? []);
  return times.length === 0 ? null : times.reduce((sum, value) => sum + value, 0);
}
