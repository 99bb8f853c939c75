import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import type { BudgetSchedule } from "./schedule.ts";
import { budgetAt, lastChoice, maskedAt, scheduleFor, updatesImportanceAt } from "./schedule.ts";

const NOTHING_CHOSEN = { warmupSteps: null, finalSteps: null, interval: null };
const BUDGET = { initialBudget: 36, targetBudget: 24 };

interface Curve {
  readonly tinit: number;
  readonly tfinal: number;
  readonly deltaT: number;
  readonly total_step: number;
  readonly initialBudget: number;
  readonly targetBudget: number;
  readonly budget: readonly number[];
}

function stepsOf({ totalSteps }: Pick<BudgetSchedule, "totalSteps">): readonly number[] {
  return Array.from({ length: totalSteps }, (_, step) => step);
}

describe("budgetAt", () => {
  it("is peft's at every step of a short and a long run", async () => {
    const file = new URL("../fixtures/training/expected/budgets.json", import.meta.url);
    const curves = JSON.parse(await readFile(file, "utf8")) as readonly Curve[];
    expect(curves.length).toBeGreaterThan(1);
    for (const curve of curves) {
      const schedule: BudgetSchedule = {
        totalSteps: curve.total_step,
        warmupSteps: curve.tinit,
        finalSteps: curve.tfinal,
        interval: curve.deltaT,
        initialBudget: curve.initialBudget,
        targetBudget: curve.targetBudget,
      };
      expect(stepsOf(schedule).map((step) => budgetAt(schedule, step))).toEqual(curve.budget);
    }
  });

  it("is the closed form in whole numbers, whatever the sizes", () => {
    for (const [totalSteps, warmupSteps, finalSteps, initialBudget, targetBudget] of [
      [30, 3, 8, 52, 26],
      [100, 0, 1, 864, 576],
      [3900, 600, 1800, 288, 192],
      [11, 1, 7, 27, 1],
    ] as const) {
      const schedule = { totalSteps, warmupSteps, finalSteps, interval: 1, initialBudget, targetBudget };
      const falling = BigInt(totalSteps - warmupSteps - finalSteps);
      const closedForm = stepsOf(schedule).map((step) => {
        const left = BigInt(Math.min(Math.max(totalSteps - finalSteps - step, 0), Number(falling)));
        const above = (BigInt(initialBudget - targetBudget) * left ** 3n) / falling ** 3n;
        return targetBudget + Number(above);
      });
      expect(stepsOf(schedule).map((step) => budgetAt(schedule, step))).toEqual(closedForm);
    }
  });
});

describe("maskedAt", () => {
  const schedule = { totalSteps: 30, warmupSteps: 3, finalSteps: 8, interval: 4, ...BUDGET };

  it("masks at multiples of the interval while the budget falls, and at its end", () => {
    const masking = stepsOf(schedule).filter((step) => maskedAt(schedule, step) > 0);
    expect(masking).toEqual([4, 8, 12, 16, 20, 22]);
    expect(masking.map((step) => maskedAt(schedule, step))).toEqual(
      masking.map((step) => 36 - budgetAt(schedule, step)),
    );
    expect(maskedAt(schedule, lastChoice(schedule))).toBe(12);
  });

  it("follows importance that is measured up to the step before the last choice", () => {
    const measured = stepsOf(schedule).filter((step) => updatesImportanceAt(schedule, step));
    expect(measured.at(-1)).toBe(lastChoice(schedule) - 1);
    expect(measured).toHaveLength(22);
  });
});

describe("scheduleFor", () => {
  it("fits runs of every length where nothing is chosen: it masks before its last choice, and reaches the target", () => {
    for (const totalSteps of [3, 4, 5, 6, 7, 8, 10, 13, 20, 50, 77, 100, 300, 1000, 4321, 100_000]) {
      const schedule = scheduleFor(totalSteps, NOTHING_CHOSEN, BUDGET);
      const steps = [schedule.warmupSteps, schedule.finalSteps, schedule.interval];
      expect(scheduleFor(totalSteps, schedule, BUDGET), `${steps}`).toEqual(schedule);
      const masked = stepsOf(schedule)
        .map((step) => maskedAt(schedule, step))
        .filter((count) => count > 0);
      expect(masked.length, `${totalSteps} steps`).toBeGreaterThan(1);
      expect(masked.at(-1)).toBe(12);
      expect(lastChoice(schedule)).toBeLessThan(totalSteps);
    }
  });

  it("takes what is chosen and fills in the rest", () => {
    expect(scheduleFor(300, { ...NOTHING_CHOSEN, interval: 10 }, BUDGET)).toEqual({
      totalSteps: 300,
      warmupSteps: 39,
      finalSteps: 142,
      interval: 10,
      ...BUDGET,
    });
  });

  it("refuses the paper's steps in a short run, and proposes steps that it takes", () => {
    const attempt = () => scheduleFor(300, { warmupSteps: 600, finalSteps: 1800, interval: 1 }, BUDGET);
    expect(attempt).toThrow(/does not fit 300 steps: warmupSteps 600 and finalSteps 1800 are 2400 together/);
    expect(attempt).toThrow(/One that fits: warmupSteps 39, finalSteps 142, interval 1/);
    expect(() => scheduleFor(300, { warmupSteps: 39, finalSteps: 142, interval: 1 }, BUDGET)).not.toThrow();
  });

  it("refuses steps that leave no step in between", () => {
    expect(() => scheduleFor(20, { warmupSteps: 10, finalSteps: 10, interval: 1 }, BUDGET)).toThrow(
      /leaves no step in which the budget can fall/,
    );
    expect(() => scheduleFor(20, { warmupSteps: 8, finalSteps: 10, interval: 1 }, BUDGET)).not.toThrow();
  });

  it("refuses an interval that skips the whole fall", () => {
    expect(() => scheduleFor(40, { warmupSteps: 10, finalSteps: 10, interval: 100 }, BUDGET)).toThrow(
      /after step 10 and before step 30, no step is a multiple of interval 100/,
    );
    expect(() => scheduleFor(40, { warmupSteps: 15, finalSteps: 15, interval: 10 }, BUDGET)).not.toThrow();
  });

  it("refuses runs that are too short for any schedule", () => {
    expect(() => scheduleFor(2, NOTHING_CHOSEN, BUDGET)).toThrow(/in 2 steps; it needs 3 at least/);
  });
});
