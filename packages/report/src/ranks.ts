import type { RankHistory } from "@peftbench/harness";
import type { TaskSummary } from "./aggregate.ts";
import { groupBy } from "./groupBy.ts";
import type { ModulePlace } from "./moduleNames.ts";
import { placeModules } from "./moduleNames.ts";
import type { NamedTask } from "./origin.ts";
import { listTasks } from "./origin.ts";

/** The ranks that one method gave the modules of one model. */
export interface MethodRanks {
  readonly model: string;
  readonly method: string;
  /** Whether any rank changed in any run. */
  readonly changes: boolean;
  /** One where all runs ended with the same ranks and none changed in between, else one a task. */
  readonly panels: readonly RankPanel[];
}

/** Ranks over runs that belong together. */
export interface RankPanel {
  readonly tasks: readonly string[];
  /** The tasks in words, with what kind of text they are. */
  readonly taskList: string;
  readonly seeds: readonly number[];
  readonly runs: number;
  /** Whether all runs ended with the same ranks; otherwise `modules` holds means. */
  readonly same: boolean;
  readonly modules: readonly ModuleRank[];
  /** Sums over modules as training went on, means over runs. */
  readonly moments: readonly RankMoment[];
  /** What the configuration asks the total rank to end at; null where it says nothing of it. */
  readonly budget: number | null;
}

export interface ModuleRank extends ModulePlace {
  /** Final rank; a mean over runs where they differ. */
  readonly rank: number;
}

export interface RankMoment {
  /** Optimizer steps done. */
  readonly step: number;
  readonly totalRank: number;
  readonly parameters: number;
}

interface RankedRun extends NamedTask {
  readonly seed: number;
  readonly history: RankHistory;
  readonly config: Readonly<Record<string, unknown>>;
}

/** Ranks by model and method, of finished runs that have any; methods in the order of their first task. */
export function summarizeRanks(tasks: readonly TaskSummary[]): readonly MethodRanks[] {
  const methods = tasks.flatMap((task) => task.methods);
  return groupBy(methods, ({ model, method }) => JSON.stringify([model, method])).flatMap(
    (group): readonly MethodRanks[] => {
      const [first] = group;
      const runs = group.flatMap(({ rows }) =>
        rows.flatMap(({ status, task, origin, seed, result }): readonly RankedRun[] => {
          const history = result.rankHistory;
          if (status !== "ok" || history === null || history.modules.length === 0) return [];
          return [{ task, origin, seed, history, config: result.cell.config.method }];
        }),
      );
      if (first === undefined || runs.length === 0) return [];
      const changes = runs.some(({ history: { moments } }) =>
        moments.some((each) => key(each) !== key(moments[0])),
      );
      const together = !changes && areAlike(runs);
      const panels = together ? [runs] : groupBy(runs, ({ task }) => task);
      return [{ model: first.model, method: first.method, changes, panels: panels.map(panelOf) }];
    },
  );
}

/** The one rank that every module has from the first step to the last; null where there is no such rank. */
export function uniformRank({ changes, panels }: MethodRanks): number | null {
  const ranks = new Set(panels.flatMap(({ modules }) => modules.map(({ rank }) => rank)));
  const [rank = null] = ranks;
  return changes || ranks.size !== 1 || panels.some(({ same }) => !same) ? null : rank;
}

export function totalRank({ modules }: RankPanel): number {
  return modules.reduce((sum, { rank }) => sum + rank, 0);
}

function panelOf(runs: readonly RankedRun[]): RankPanel {
  const names = [...new Set(runs.flatMap(({ history }) => history.modules))];
  const finals = runs.map(({ history }) => {
    const ranks = history.moments.at(-1)?.ranks ?? [];
    return new Map(history.modules.map((module, index) => [module, ranks[index]]));
  });
  return {
    tasks: [...new Set(runs.map(({ task }) => task))],
    taskList: listTasks(runs),
    seeds: [...new Set(runs.map(({ seed }) => seed))].sort((a, b) => a - b),
    runs: runs.length,
    same: areAlike(runs),
    modules: placeModules(names).map((place) => ({
      ...place,
      rank: mean(finals.flatMap((ranks) => ranks.get(place.module) ?? [])),
    })),
    moments: momentsOf(runs),
    budget: budgetOf(runs, names.length),
  };
}

function momentsOf(runs: readonly RankedRun[]): readonly RankMoment[] {
  const moments = runs.flatMap(({ history }) => history.moments);
  return groupBy(moments, ({ step }) => String(step))
    .map((group) => ({
      step: group[0]?.step ?? 0,
      totalRank: mean(group.map(({ ranks }) => ranks.reduce((sum, rank) => sum + rank, 0))),
      parameters: mean(group.map(({ parameters }) => parameters)),
    }))
    .sort((a, b) => a.step - b.step);
}

/** By convention an option named `targetRank` is the mean rank that a method is to end at. */
function budgetOf(runs: readonly RankedRun[], modules: number): number | null {
  const targets = new Set(runs.map(({ config }) => config.targetRank));
  const [target] = targets;
  return targets.size === 1 && typeof target === "number" ? target * modules : null;
}

function areAlike(runs: readonly RankedRun[]): boolean {
  return (
    new Set(runs.map(({ history }) => JSON.stringify([history.modules, history.moments.at(-1)?.ranks])))
      .size === 1
  );
}

function key(moment: RankHistory["moments"][number] | undefined): string {
  return JSON.stringify(moment?.ranks);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
