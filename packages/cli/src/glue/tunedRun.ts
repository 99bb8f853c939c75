import { isDeepStrictEqual } from "node:util";
import type {
  CellReport,
  CellSpec,
  ChosenGroup,
  GridPlan,
  SearchConfig,
  TrialGroup,
} from "@peftbench/harness";
import { chooseTrial, recordTuning, tunedGrid } from "@peftbench/harness";
import { formatTable } from "../table.ts";

/** Runs cells, and takes over what need not run. */
export type RunCells = (specs: readonly CellSpec[]) => Promise<readonly CellReport[]>;

/** A call under the regime `tuned`: its trials, what they came to, and the runs that are reported. */
export interface TunedRun {
  readonly trials: readonly CellReport[];
  readonly choices: readonly ChosenGroup[];
  readonly reports: readonly CellReport[];
}

/** Runs every trial, chooses for each method and task, and runs what was chosen with all seeds. */
export async function runTuned(
  plan: GridPlan,
  search: SearchConfig,
  groups: readonly TrialGroup[],
  run: { readonly trials: RunCells; readonly chosen: RunCells },
): Promise<TunedRun> {
  const trials = await run.trials(groups.flatMap((group) => group.trials.map(({ spec }) => spec)));
  const results = new Map(trials.map(({ spec, result }) => [spec.id, result]));
  const choices = groups.map((group) => {
    const ofGroup = group.trials.map(({ spec }) => results.get(spec.id) ?? null);
    return { group, choice: chooseTrial(group, ofGroup, search) };
  });
  const specs = tunedGrid(plan, choices);
  await recordTuning(specs);
  return { trials, choices, reports: await run.chosen(specs) };
}

/** What the search chose, for a person; of methods and tasks without a choice, why there is none. */
export function formatChoices(choices: readonly ChosenGroup[]): string {
  const rows = choices.flatMap(({ group, choice }) => {
    if (choice.kind === "none") return [];
    const { tuning } = choice;
    const best = tuning.trials.find(({ settings }) => isDeepStrictEqual(settings, tuning.chosen))?.score;
    return [
      [
        ...[group.model.name, group.task.id, group.method.id, describeSettings(choice.settings)],
        ...[tuning.metric, best?.toFixed(4) ?? "-", `${tuning.budget.trials}`],
        tuning.isAtEdge ? "at the edge of the rates tried" : "",
      ],
    ];
  });
  const reasons = choices.flatMap(({ choice }) => (choice.kind === "none" ? [choice.reason] : []));
  return [
    ...(rows.length === 0
      ? []
      : [
          "Chosen on rows held out of training, as many trials for every method; dev had no part in it.",
          "",
          formatTable(
            ["model", "task", "method", "chosen", "metric", "held out", "trials", ""],
            rows,
            [5, 6],
          ),
        ]),
    ...reasons.map((reason) => `Not chosen, so not reported: ${reason}.`),
  ].join("\n");
}

function describeSettings(settings: Readonly<Record<string, unknown>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(" ");
}
