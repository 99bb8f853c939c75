import type { CellSpec } from "../grid/cellSpec.ts";
import type { GridPlan } from "../grid/expand.ts";
import { makeSpec, settingsOn } from "../grid/expand.ts";
import type { Choice } from "./choose.ts";
import type { TrialGroup } from "./search.ts";
import { withSettings } from "./search.ts";

/** A group of trials and what came of it. */
export interface ChosenGroup {
  readonly group: TrialGroup;
  readonly choice: Choice;
}

/**
 * The cells to report, in the order of a grid without search: every method on every task with what was chosen for it,
 * with all seeds. What nothing was chosen for is left out.
 */
export function tunedGrid(plan: GridPlan, chosen: readonly ChosenGroup[]): readonly CellSpec[] {
  return plan.models.flatMap((model) =>
    plan.tasks.flatMap((task) =>
      plan.seeds.flatMap((seed) =>
        chosen.flatMap(({ group, choice }) => {
          if (choice.kind === "none" || group.model !== model || group.task !== task) return [];
          const settings = withSettings(settingsOn(group.method, task.id), choice.settings);
          const place = { model, task, seed, method: group.method.id };
          return [makeSpec(plan, { ...place, ...settings, tuning: choice.tuning })];
        }),
      ),
    ),
  );
}
