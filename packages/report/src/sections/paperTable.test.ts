import type { RunResult } from "@peftbench/harness";
import { describe, expect, it } from "vitest";
import { renderReport } from "../report.ts";
import type { PageElement } from "../testing/parsePage.ts";
import { attribute, descendants, elementsOf, hasClass, textOf } from "../testing/parsePage.ts";
import { syntheticFull, syntheticGrid, syntheticLora, syntheticProbe } from "../testing/syntheticResults.ts";

const shrinking = { ...syntheticLora, method: "shrinking", trainable: 737_280, trainableFinal: 36_864 };
const tasks = [
  { task: "sst2", metric: "accuracy" },
  { task: "cola", metric: "matthews" },
];
const methods = [syntheticLora, syntheticFull, shrinking, syntheticProbe];
const results = tasks.flatMap((task) => syntheticGrid(methods, [0, 1, 2], task));

const render = (reference?: string, of: readonly RunResult[] = results): Promise<string> =>
  renderReport({
    results: of,
    lossCurves: [],
    generatedAt: "2026-01-02T03:04:05.000Z",
    ...(reference === undefined ? {} : { reference }),
  });

/** Rows of the first table of this class by method. */
function rowsOf(page: string, table: string): ReadonlyMap<string, PageElement> {
  const found = elementsOf(page).find((each) => each.tagName === "table" && hasClass(each, table));
  const rows = found === undefined ? [] : descendants(found).filter(({ tagName }) => tagName === "tr");
  return new Map(
    rows.flatMap((row) => {
      const method = attribute(row, "data-method");
      return method === undefined ? [] : [[method, row] as const];
    }),
  );
}

function valuesOf(row: PageElement | undefined, kind: string): readonly number[] {
  if (row === undefined) return [];
  return descendants(row).flatMap((each) =>
    each.tagName === "data" && hasClass(each, kind) ? [Number(attribute(each, "value"))] : [],
  );
}

describe("the paper's table", () => {
  it("has what plain loops make of the results: scores, average, parameters with and without head", async () => {
    const rows = rowsOf(await render("lora"), "overview");
    expect([...rows.keys()].sort()).toEqual(methods.map(({ method }) => method).sort());
    for (const {
      method,
      trainable,
      trainableFinal = trainable,
    } of methods as readonly (typeof shrinking)[]) {
      const row = rows.get(method);
      const meanOn = (task: string): number => {
        const own = results.filter(({ cell }) => cell.method === method && cell.task === task);
        return own.reduce((sum, { metrics }) => sum + (metrics[0]?.value ?? Number.NaN), 0) / own.length;
      };
      // Tasks stand in the order of their names.
      const [cola, sst2] = [meanOn("cola"), meanOn("sst2")];
      const [shownCola, shownSst2] = valuesOf(row, "mean");
      expect(shownCola).toBeCloseTo(cola, 12);
      expect(shownSst2).toBeCloseTo(sst2, 12);
      expect(valuesOf(row, "average")[0]).toBeCloseTo((cola + sst2) * 50, 9);
      const average = (trainable + trainableFinal) / 2;
      expect(valuesOf(row, "initial")).toEqual([trainable]);
      expect(valuesOf(row, "mean-over-steps")).toEqual([average]);
      expect(valuesOf(row, "final")).toEqual([trainableFinal]);
      expect(valuesOf(row, "initial-with-head")).toEqual([trainable + 148_610]);
      expect(valuesOf(row, "mean-over-steps-with-head")).toEqual([average + 148_610]);
      expect(valuesOf(row, "final-with-head")).toEqual([trainableFinal + 148_610]);
    }
  });

  it("marks what is shown worse than the reference, in a word too, and marks nothing without one", async () => {
    const probe = rowsOf(await render("lora"), "overview").get("probe");
    const marks = descendants(probe as PageElement).filter((each) => hasClass(each, "mark"));
    expect(marks.map((each) => attribute(each, "aria-label"))).toEqual(["shown worse", "shown worse"]);
    expect(elementsOf(await render()).filter((each) => hasClass(each, "mark"))).toEqual([]);
  });

  it("has an average only of methods that have a score on every task", async () => {
    const partial = results.filter(({ cell }) => cell.method !== "full" || cell.task !== "cola");
    const row = rowsOf(await render("lora", partial), "overview").get("full");
    expect(valuesOf(row, "average")).toEqual([]);
    expect(textOf(row as PageElement)).toMatch(/not run.*no score: cola/);
  });
});

describe("the table of ratios", () => {
  it("divides what the reference trains and holds by what the method does", async () => {
    const row = rowsOf(await render("lora"), "ratios").get("shrinking");
    expect(valuesOf(row, "ratio-initial")).toEqual([0.1]);
    expect(valuesOf(row, "ratio-average")[0]).toBeCloseTo(73_728 / 387_072, 12);
    expect(valuesOf(row, "ratio-final")).toEqual([2]);
    expect(valuesOf(row, "ratio-final-head")[0]).toBeCloseTo((73_728 + 148_610) / (36_864 + 148_610), 12);
    expect(valuesOf(row, "ratio-peak")).toEqual([1]);
  });

  it("gives no ratio to what trains nothing, and is not there without its reference", async () => {
    const row = rowsOf(await render("lora"), "ratios").get("probe");
    expect(valuesOf(row, "ratio-initial")).toEqual([]);
    expect(valuesOf(row, "ratio-initial-head")[0]).toBeCloseTo((73_728 + 148_610) / 148_610, 12);
    for (const reference of [undefined, "nowhere"]) {
      expect(rowsOf(await render(reference), "ratios").size).toBe(0);
    }
  });
});
