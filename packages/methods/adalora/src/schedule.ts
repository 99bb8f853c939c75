import { MethodError } from "@peftbench/peft";

/** When the budget falls, and from where to where. Steps are counted from 0. */
export interface BudgetSchedule {
  readonly totalSteps: number;
  /** t_i: up to this step the budget is whole. */
  readonly warmupSteps: number;
  /** t_f: from `totalSteps - finalSteps` on the budget is the last one, and its triplets are fixed. */
  readonly finalSteps: number;
  /** ΔT: in between, steps that are multiples of it mask. */
  readonly interval: number;
  /** Triplets over all matrices. */
  readonly initialBudget: number;
  readonly targetBudget: number;
}

/** What of a schedule is chosen by hand; null takes the default. */
export interface ChosenSteps {
  readonly warmupSteps: number | null;
  readonly finalSteps: number | null;
  readonly interval: number | null;
}

type ScheduleSteps = Pick<BudgetSchedule, "warmupSteps" | "finalSteps" | "interval">;

/**
 * Shares of all steps where nothing is chosen. They are ours: the medians over the GLUE tasks of the paper's Table 8,
 * whose steps follow from its epochs and batch size (t_i is 0.09 to 0.18 of them there, t_f 0.44 to 0.58, ΔT 1/160 to
 * 1/3900).
 */
const WARMUP_SHARE = 0.13;
const FINAL_SHARE = 0.475;
const INTERVAL_SHARE = 1 / 570;
/** One step for each part: one that masks while the budget falls, one before it, and the last one. */
const FEWEST_STEPS = 3;

/**
 * The schedule of a run of `totalSteps`.
 *
 * @throws MethodError if it does not fit the run: says what was found, and steps that do fit.
 */
export function scheduleFor(
  totalSteps: number,
  chosen: ChosenSteps,
  budget: Pick<BudgetSchedule, "initialBudget" | "targetBudget">,
): BudgetSchedule {
  if (totalSteps < FEWEST_STEPS) {
    throw new MethodError(
      `AdaLoRA cannot lower its budget in ${totalSteps} steps; it needs ${FEWEST_STEPS} at least. Train longer, ` +
        "or take LoRA.",
    );
  }
  const usual = usualSteps(totalSteps);
  const steps: ScheduleSteps = {
    warmupSteps: chosen.warmupSteps ?? usual.warmupSteps,
    finalSteps: chosen.finalSteps ?? usual.finalSteps,
    interval: chosen.interval ?? usual.interval,
  };
  const problem = misfit(totalSteps, steps);
  if (problem !== null) {
    throw new MethodError(
      `The schedule does not fit ${totalSteps} steps: ${problem}. One that fits: ${describe(usual)}; or leave all ` +
        "three out.",
    );
  }
  return { totalSteps, ...steps, ...budget };
}

/** Steps that always fit. */
function usualSteps(totalSteps: number): ScheduleSteps {
  return {
    warmupSteps: Math.floor(WARMUP_SHARE * totalSteps),
    finalSteps: Math.max(1, Math.floor(FINAL_SHARE * totalSteps)),
    interval: Math.max(1, Math.round(INTERVAL_SHARE * totalSteps)),
  };
}

function misfit(totalSteps: number, { warmupSteps, finalSteps, interval }: ScheduleSteps): string | null {
  const lastFalling = totalSteps - finalSteps - 1;
  if (warmupSteps + finalSteps >= totalSteps) {
    return (
      `warmupSteps ${warmupSteps} and finalSteps ${finalSteps} are ${warmupSteps + finalSteps} together, which leaves ` +
      "no step in which the budget can fall"
    );
  }
  if (Math.floor(lastFalling / interval) * interval <= warmupSteps) {
    return (
      `while the budget falls, after step ${warmupSteps} and before step ${lastFalling + 1}, no step is a multiple of ` +
      `interval ${interval}, so that nothing would be masked until the budget is at its end`
    );
  }
  return null;
}

function describe({ warmupSteps, finalSteps, interval }: ScheduleSteps): string {
  return `warmupSteps ${warmupSteps}, finalSteps ${finalSteps}, interval ${interval}`;
}

/** The step at which the last triplets are chosen; later ones keep them. */
export function lastChoice({ totalSteps, finalSteps }: BudgetSchedule): number {
  return totalSteps - finalSteps;
}

/**
 * Triplets that may be left at a step, `b_T + (b_0 - b_T) (1 - (t - t_i) / (T - t_i - t_f))³` while the budget falls,
 * without its fraction, as the authors' code and PEFT have it. (The paper's eq. 14 has another denominator.)
 */
export function budgetAt(schedule: BudgetSchedule, step: number): number {
  const { warmupSteps, initialBudget, targetBudget } = schedule;
  const end = lastChoice(schedule);
  if (step <= warmupSteps) return initialBudget;
  if (step > end) return targetBudget;
  const left = 1 - (step - warmupSteps) / (end - warmupSteps);
  return Math.trunc((initialBudget - targetBudget) * (left * left * left) + targetBudget);
}

/** Triplets that a step masks; 0 where it masks none. Steps after the last choice keep what it chose. */
export function maskedAt(schedule: BudgetSchedule, step: number): number {
  const { warmupSteps, interval, initialBudget } = schedule;
  const end = lastChoice(schedule);
  const masks = step === end || (step > warmupSteps && step < end && step % interval === 0);
  return masks ? initialBudget - budgetAt(schedule, step) : 0;
}

/** Whether a step's gradients count for the importance: until the last triplets are chosen. */
export function updatesImportanceAt(schedule: BudgetSchedule, step: number): boolean {
  return step < lastChoice(schedule);
}
