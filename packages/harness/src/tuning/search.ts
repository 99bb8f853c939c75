import type { z } from "zod";
import type { TrainingConfig } from "../config.ts";
import { trainingConfigSchema } from "../config.ts";
import type { CellSpec } from "../grid/cellSpec.ts";
import type { GridMethod, GridModel, GridPlan, GridSettings, GridTask } from "../grid/expand.ts";
import { makeSpec, settingsOn } from "../grid/expand.ts";
import type { SearchConfig } from "./searchConfig.ts";

type Json = z.infer<ReturnType<typeof z.json>>;

/** What one trial differs in from its method's other trials: `learningRate`; a method's own option as `method.rank`. */
export type TrialSettings = Readonly<Record<string, Json>>;

/** One trial, and the cell that runs it. */
export interface Trial {
  readonly settings: TrialSettings;
  readonly spec: CellSpec;
}

/** All trials of a method on a task with a model: one choice is made of them. */
export interface TrialGroup {
  readonly model: GridModel;
  readonly task: GridTask;
  readonly method: GridMethod;
  readonly trials: readonly Trial[];
}

/** The budget cannot be spent as the search asks. */
export class SearchError extends Error {
  override readonly name = "SearchError";
}

/**
 * The trials of every method on every task with every model, as many for each, all with the search's one seed: settings
 * are searched once for a task and then hold for all seeds that are reported.
 */
export function expandSearch(plan: GridPlan, search: SearchConfig): readonly TrialGroup[] {
  return plan.models.flatMap((model) =>
    plan.tasks.flatMap((task) =>
      plan.methods.map((method) => {
        const base = trialBase(settingsOn(method, task.id), search, task.id);
        const trials = trialSettings(method.id, base.training.learningRate, search).map((settings) => {
          const place = { model, task, seed: search.seed, method: method.id };
          const spec = makeSpec(plan, { ...place, ...withSettings(base, settings), purpose: "trial" });
          return { settings, spec };
        });
        return { model, task, method, trials };
      }),
    ),
  );
}

/** Settings with what a trial changes of them. */
export function withSettings({ training, config }: GridSettings, trial: TrialSettings): GridSettings {
  const own = Object.entries(trial).flatMap(([name, value]) =>
    name.startsWith(OWN) ? [[name.slice(OWN.length), value] as const] : [],
  );
  const trainingValues = Object.fromEntries(Object.entries(trial).filter(([name]) => !name.startsWith(OWN)));
  return {
    training: trainingConfigSchema.parse({ ...training, ...trainingValues }),
    config: { ...config, ...Object.fromEntries(own) },
  };
}

const OWN = "method.";

/**
 * As many settings as the search has trials. Every combination of the method's options gets learning rates, the first
 * ones one more where the budget does not divide: a geometric sequence that holds `learningRate` in its midst, with one
 * more above it than below where their number is even.
 * @throws {SearchError} where there are more combinations than trials
 */
export function trialSettings(
  method: string,
  learningRate: number,
  search: SearchConfig,
): readonly TrialSettings[] {
  const combinations = combine(Object.entries(search.options?.[method] ?? {}));
  if (combinations.length > search.trials) {
    throw new SearchError(
      `The search has ${combinations.length} combinations of options of ${method}, and ${search.trials} trials; ` +
        `expected at least as many trials. Raise --trials, or take values out of search.options.${method}.`,
    );
  }
  const [share, rest] = [
    Math.floor(search.trials / combinations.length),
    search.trials % combinations.length,
  ];
  return combinations.flatMap((options, place) =>
    learningRates(learningRate, share + (place < rest ? 1 : 0), search.learningRateRatio).map((rate) => ({
      learningRate: rate,
      ...options,
    })),
  );
}

function learningRates(centre: number, count: number, ratio: number): readonly number[] {
  const below = Math.floor((count - 1) / 2);
  return Array.from({ length: count }, (_, index) =>
    // Two digits are enough to search by, and can be read and typed; the method's own value stays what it is.
    index === below ? centre : Number((centre * ratio ** (index - below)).toPrecision(2)),
  );
}

function combine(options: readonly (readonly [string, readonly Json[]])[]): readonly TrialSettings[] {
  return options.reduce<readonly TrialSettings[]>(
    (sets, [name, values]) =>
      sets.flatMap((set) => values.map((value) => ({ ...set, [`${OWN}${name}`]: value }))),
    [{}],
  );
}

/** A trial never trains on more rows than the reported runs do. */
function trialBase({ training, config }: GridSettings, search: SearchConfig, task: string): GridSettings {
  const own: TrainingConfig = trainingConfigSchema.parse({
    ...training,
    ...search.training,
    ...search.byTask?.[task],
  });
  const limits = [training.trainLimit, own.trainLimit].filter((limit) => limit !== null);
  return { training: { ...own, trainLimit: limits.length === 0 ? null : Math.min(...limits) }, config };
}
