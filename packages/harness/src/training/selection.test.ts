import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { methods } from "@peftbench/methods";
import { findTask } from "@peftbench/tasks";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { InterruptedError } from "../grid/executeCell.ts";
import type { RunEventBody } from "../result/events.ts";
import { named } from "./named.ts";
import { prepareCell } from "./prepare.ts";
import { initialSelection, isSelectionMoment, stopsEarly, withEvaluation } from "./selection.ts";
import type { TinyCells } from "./testing/executeTinyCell.ts";
import { openTinyCells } from "./testing/executeTinyCell.ts";

let root = "";
let cells: TinyCells;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "peftbench-selection-"));
  cells = await openTinyCells(root, methods);
});

afterAll(() => rm(root, { recursive: true, force: true }));

const SELECTING = { selectionRows: 40, evaluationsPerEpoch: 3, keepBest: true } as const;
/** Of two epochs of 16 steps each, thrice an epoch. */
const MOMENTS = [6, 11, 16, 22, 27, 32];
const LAMDA = { rank: 4, stages: 2, freezeFraction: 0.5, targetModules: ["query", "value"] };
const ADALORA = { initialRank: 4, targetRank: 2, targetModules: ["query", "value"] };

const selectionValues = (events: readonly RunEventBody[]): (readonly [number, number | null])[] =>
  events.flatMap((event) =>
    event.type === "eval" && event.split === "selection"
      ? [[event.step, event.metrics[0]?.value ?? null] as const]
      : [],
  );

describe("moments of selection", () => {
  it("are spread evenly over each epoch, and its end is one of them", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 60 }), (steps, evaluations) => {
        const config = { evaluationsPerEpoch: evaluations };
        const moments = Array.from({ length: 2 * steps }, (_, index) => index + 1).filter((step) =>
          isSelectionMoment(step, steps, config),
        );
        expect(moments).toHaveLength(2 * Math.min(steps, evaluations));
        expect(moments).toContain(steps);
        expect(moments.at(-1)).toBe(2 * steps);
        const gaps = moments.map((step, index) => step - (moments[index - 1] ?? 0));
        expect(Math.max(...gaps) - Math.min(...gaps)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it("are none where none are asked for", () => {
    expect([1, 2, 3, 4].some((step) => isSelectionMoment(step, 2, { evaluationsPerEpoch: 0 }))).toBe(false);
  });
});

describe("the best evaluation", () => {
  const after = (values: readonly (number | null)[], higherIsBetter = true) =>
    values.reduce(
      (progress, value, index) =>
        withEvaluation(progress, { step: index + 1, value }, { evalMs: 1, higherIsBetter }),
      initialSelection,
    );

  it("is the first of the highest, or lowest, and never one without a value", () => {
    expect(after([0.5, null, 0.7, 0.7, 0.6]).best).toEqual({ step: 3, value: 0.7 });
    expect(after([0.5, null, 0.4, 0.4], false).best).toEqual({ step: 3, value: 0.4 });
    expect(after([null, null]).best).toBeNull();
  });

  it("ends patience when as many as it says were no better", () => {
    const stops = (values: readonly (number | null)[]) =>
      stopsEarly(after(values), { earlyStopping: { patience: 2 } });
    expect(stops([0.5, 0.4])).toBe(false);
    expect(stops([0.5, 0.5, null])).toBe(true);
    expect(stops([0.5, 0.4, 0.6])).toBe(false);
    expect(stopsEarly(after([0.5, 0.4, 0.3]), { earlyStopping: null })).toBe(false);
  });
});

describe("a cell that selects along its run", () => {
  it.each([
    ["lora", {}],
    ["lamda", LAMDA],
    ["adalora", ADALORA],
  ])("reports %s as it stood at its best evaluation", async (method, config) => {
    // High enough that it learns and forgets again.
    const training = { ...SELECTING, learningRate: 0.2 };
    const { outcome, events } = await cells.execute(cells.spec(method, training, config));
    const { selection } = outcome;
    const seen = selectionValues(events);
    expect(seen.map(([step]) => step)).toEqual(MOMENTS);
    expect(selection?.evaluations.map(({ step, value }) => [step, value])).toEqual(seen);
    const highest = Math.max(...seen.map(([, value]) => value ?? -1));
    expect(selection).toMatchObject({
      metric: "accuracy",
      rows: 40,
      bestStep: seen.find(([, value]) => value === highest)?.[0],
      reportedStep: selection?.bestStep,
      stoppedEarly: false,
      stepsPlanned: 32,
    });
    // The held-out examples are scored once more by the model that is reported.
    expect(outcome.selectionMetrics[0]?.value).toBe(highest);
    const ofDev = events.filter((event) => event.type === "eval" && event.split === "dev");
    expect(ofDev).toMatchObject([{ step: selection?.bestStep }]);
  });

  it("is all that a trial of a search is scored on", async () => {
    const spec = cells.spec("lora", { selectionRows: 40 });
    const { outcome, events } = await cells.execute({ ...spec, purpose: "trial" });
    const reported = await cells.execute(spec);
    expect(outcome.selectionMetrics).toEqual(reported.outcome.selectionMetrics);
    expect(outcome).toMatchObject({ metrics: [], predictions: [], baselines: [], exampleTexts: [] });
    expect(events.some((event) => event.type === "eval" && event.split === "dev")).toBe(false);
    expect(reported.outcome.predictions).not.toEqual([]);
  });

  it("is the run that it would be without, but for what it reports", async () => {
    const plain = await cells.execute(cells.spec("lora", { selectionRows: 40 }));
    const { keepBest: _, ...watching } = SELECTING;
    const watched = await cells.execute(cells.spec("lora", watching));
    expect(cells.losses(watched.events)).toEqual(cells.losses(plain.events));
    expect(watched.outcome.predictions).toEqual(plain.outcome.predictions);
    expect(watched.outcome.selection).toMatchObject({ reportedStep: 32 });
    expect(plain.outcome.selection).toBeNull();
  });

  it("stops when patience is at its end, and counts parameters over the steps it did", async () => {
    const training = { ...SELECTING, learningRate: 0.2, earlyStopping: { patience: 1 }, epochs: 4 };
    const spec = cells.spec("lamda", training, LAMDA);
    const { outcome, events } = await cells.execute(spec);
    const { selection, time, rankHistory } = outcome;
    expect(selection?.stoppedEarly).toBe(true);
    expect(selection?.stepsPlanned).toBe(64);
    const seen = selectionValues(events).map(([step]) => step);
    expect(seen.at(-2)).toBe(selection?.bestStep);
    expect(time?.stepsTotal).toBe(seen.at(-1));
    expect(time?.stepsTotal).toBe(cells.losses(events).length);
    expect(rankHistory?.moments.at(-1)?.step).toBe(time?.stepsTotal);
    // Columns freeze one after another, as was planned for 64 steps; only those steps count that were done.
    const { attachment, counts } = await prepareCell(
      spec,
      findTask("sst2"),
      named(methods, "lamda", "method"),
    );
    const done = Array.from(
      { length: time?.stepsTotal ?? 0 },
      (_, step) => attachment.trainableAt?.(step) ?? 0,
    );
    const mean = done.reduce((sum, count) => sum + count, 0) / done.length;
    expect(outcome.parameters?.trainableAverage).toBeCloseTo(mean, 6);
    expect(outcome.parameters?.trainableFinal).toBe(done.at(-1));
    expect(counts.trainableAverage).toBeLessThan(mean);
  });

  // Before an evaluation, right after one, and in a later stage.
  it.each([4, 11, 24])("resumes after step %i with the same selection and predictions", async (stopAt) => {
    const training = { ...SELECTING, learningRate: 0.05, earlyStopping: { patience: 4 } };
    const spec = cells.spec("lamda", training, LAMDA);
    const whole = await cells.execute(spec);
    const folder = await mkdtemp(join(root, "resumed-"));
    await expect(cells.execute(spec, { folder, stopAt })).rejects.toThrow(InterruptedError);
    const resumed = await cells.execute(spec, { folder });
    expect(resumed.events.some((event) => event.type === "resume" && event.step === stopAt)).toBe(true);
    const withoutTime = ({ selection }: typeof whole.outcome) => ({ ...selection, evalMs: 0 });
    expect(withoutTime(resumed.outcome)).toEqual(withoutTime(whole.outcome));
    expect(resumed.outcome.predictions).toEqual(whole.outcome.predictions);
    expect(resumed.outcome.rankHistory).toEqual(whole.outcome.rankHistory);
  });

  it("is refused where there is nothing to select by", async () => {
    for (const training of [
      { keepBest: true, evaluationsPerEpoch: 1 },
      { earlyStopping: { patience: 2 }, evaluationsPerEpoch: 1 },
      { evaluationsPerEpoch: 1 },
      { selectionRows: 40, keepBest: true },
    ]) {
      await expect(cells.execute(cells.spec("lora", training))).rejects.toMatchObject({
        name: "SelectionConfigError",
      });
    }
  });
});
