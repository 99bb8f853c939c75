import { describe, expect, test } from "vitest";
import type { CellSpec } from "../grid/cellSpec.ts";
import type { RunEvent } from "../result/events.ts";
import { exampleResult } from "../result/example.ts";
import { formatCount, formatDuration } from "./format.ts";
import { createProgress } from "./progress.ts";

const spec = { cell: exampleResult.cell } as unknown as CellSpec;
const at = "2026-01-01T00:00:00.000Z";

const stepEvent = (step: number): RunEvent => ({
  ...{ type: "step", at, step, epoch: 0, loss: 0.5, learningRate: 1e-4, gradientNorm: 1 },
  ...{ tokens: 1000, stepMs: 500, bucketLength: 32 },
});

/** Plays a cell of 100 steps, half a second each, and returns what was written. */
function play(isTerminal: boolean): string {
  let written = "";
  let now = 0;
  const output = { isTerminal, columns: 200, write: (text: string) => (written += text) };
  const progress = createProgress(output, () => now);
  progress.onCellStart(spec, 0, 2);
  progress.onEvent(spec, { type: "phase", at, phase: "train", stepsTotal: 100 });
  for (let step = 1; step <= 100; step++) {
    now += 500;
    progress.onEvent(spec, stepEvent(step));
  }
  progress.onEvent(spec, { type: "warning", at, message: "Mind this." });
  progress.onCellEnd({ spec, outcome: "ran", result: exampleResult }, 0, 2);
  return written;
}

describe("progress", () => {
  test("is one line that is written over on a terminal", () => {
    const written = play(true);
    const lines = written.split("\n");
    expect(lines).toHaveLength(3);
    expect(lines[0]?.split("\r").length).toBeGreaterThan(100);
    expect(lines[0]).toContain("[1/2] minilm lora sst2 seed 0  step 50/100  loss 0.5000  2.0k tokens/s");
    expect(lines[0]?.endsWith("warning: Mind this.")).toBe(true);
    expect(lines[1]).toContain("accuracy 0.8750 in 50s");
  });

  test("is a plain line now and then elsewhere, without control characters", () => {
    const written = play(false);
    const lines = written.trimEnd().split("\n");
    for (const control of ["\r", "\u001b"]) expect(written).not.toContain(control);
    expect(lines.length).toBeLessThan(10);
    expect(lines.length).toBeGreaterThan(4);
  });

  test("tells the time left of this cell and the cells after it", () => {
    // Step 50 of 100 at half a second: 25 s here, and about 50 s for the cell that follows.
    const line = play(true)
      .split("\r")
      .find((text) => text.includes("step 50/100"));
    expect(line).toMatch(/1m 1[0-9]s left/);
  });

  test("says of a trial what it tries and its score on held-out rows, not that on dev", () => {
    let written = "";
    const output = { isTerminal: false, columns: 200, write: (text: string) => (written += text) };
    const progress = createProgress(output, () => 0);
    const trial = { ...spec, purpose: "trial" } as CellSpec;
    const selectionMetrics = exampleResult.metrics.map((metric) => ({
      ...metric,
      value: 0.625,
      split: "selection" as const,
    }));
    const result = { ...exampleResult, purpose: "trial" as const, selectionMetrics };
    progress.onCellEnd({ spec: trial, outcome: "ran", result }, 0, 1);
    const { learningRate } = exampleResult.cell.config.training;
    expect(written).toBe(
      `[1/1] minilm lora sst2 trial at learning rate ${learningRate}  accuracy 0.6250 held out in 0s\n`,
    );
  });

  test("never writes a line wider than the terminal", () => {
    let written = "";
    const output = { isTerminal: true, columns: 40, write: (text: string) => (written += text) };
    const progress = createProgress(output, () => 0);
    progress.onCellStart(spec, 0, 1);
    expect(written.length).toBeLessThan(40);
  });

  test("tells a failure with what to do", () => {
    let written = "";
    const progress = createProgress(
      { isTerminal: false, columns: 80, write: (text) => (written += text) },
      () => 0,
    );
    const error = { type: "Error", message: "It broke.", remedy: "Mend it." };
    progress.onCellEnd({ spec, outcome: "ran", result: { ...exampleResult, status: "failed", error } }, 0, 1);
    expect(written).toContain("failed: It broke. Mend it.");
  });

  test("formats figures to be read at a glance", () => {
    expect([0, 999, 1000, 9949, 9950, 123_456, 2_500_000].map(formatCount)).toEqual([
      ...["0", "999", "1.0k", "9.9k", "10k", "123k", "2.5M"],
    ]);
    expect([400, 59_400, 60_000, 3_599_000, 3_900_000].map(formatDuration)).toEqual([
      ...["0s", "59s", "1m 00s", "59m 59s", "1h 05m"],
    ]);
  });
});
