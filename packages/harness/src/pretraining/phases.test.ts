import { describe, expect, it } from "vitest";
import { phaseAt, totalSteps, withTotalSteps } from "./phases.ts";
import { config } from "./testing/tinyRun.ts";

const phases = [
  { rowLength: 8, batchRows: 8, steps: 3 },
  { rowLength: 16, batchRows: 4, steps: 2 },
];
const two = { ...config, training: { ...config.training, phases } };

describe("the phases of pretraining", () => {
  it("follow one another, each counting its own steps", () => {
    expect([0, 2, 3, 4].map((step) => phaseAt(phases, step))).toEqual([
      { index: 0, stepInPhase: 0 },
      { index: 0, stepInPhase: 2 },
      { index: 1, stepInPhase: 0 },
      { index: 1, stepInPhase: 1 },
    ]);
    expect(() => phaseAt(phases, 5)).toThrow("Step 5 lies behind the last of 5.");
  });

  it("share another number of steps as they shared the first, and each keeps one", () => {
    for (const steps of [2, 3, 5, 7, 100, 101]) {
      const changed = withTotalSteps(two, steps);
      expect(totalSteps(changed)).toBe(steps);
      expect(Math.min(...changed.training.phases.map((phase) => phase.steps))).toBeGreaterThanOrEqual(1);
    }
    expect(withTotalSteps(two, 100).training.phases.map(({ steps }) => steps)).toEqual([60, 40]);
    expect(() => withTotalSteps(two, 1)).toThrow("too few for 2 phases");
  });
});
