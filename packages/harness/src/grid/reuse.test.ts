import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { exampleResult } from "../result/example.ts";
import type { RunResult } from "../result/schema.ts";
import { loadPredictions, loadResult } from "../store/results.ts";
import { chooseTrial } from "../tuning/choose.ts";
import { recordTuning } from "../tuning/recordTuning.ts";
import { expandSearch } from "../tuning/search.ts";
import { searchGrid, tinySearch } from "../tuning/testGrid.ts";
import type { CellSpec } from "./cellSpec.ts";
import { expandGrid } from "./expand.ts";
import { reusableRuns, takeRuns } from "./reuse.ts";
import { finishedResult } from "./runGrid.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "peftbench-reuse-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** Puts a run where somebody else has kept it. */
async function keep(spec: CellSpec, changes: Partial<RunResult> = {}): Promise<string> {
  const place = join(folder, "kept", spec.id.slice(0, 8));
  await mkdir(place, { recursive: true });
  const result = { ...exampleResult, id: spec.id, cell: spec.cell, ...changes };
  await writeFile(join(place, "result.json"), JSON.stringify(result));
  await writeFile(
    join(place, "predictions.jsonl"),
    `${JSON.stringify({ exampleId: "dev:0", label: 1, prediction: 1, scores: [0.25, 0.75] })}\n`,
  );
  await writeFile(join(place, "lock"), "somebody else's");
  return join(folder, "kept");
}

const failed = { status: "failed", error: { type: "Error", message: "x", remedy: null } } as const;

describe("runs of another folder", () => {
  it("are taken over by id, with all their files but those of the process that made them", async () => {
    const [first, second] = expandGrid(searchGrid(folder));
    const kept = await keep(first!);
    const taken = await takeRuns([first!, second!], await reusableRuns([kept]));
    expect(taken).toEqual([first]);
    expect(await finishedResult(first!)).toMatchObject({ id: first!.id, metrics: exampleResult.metrics });
    expect(await finishedResult(second!)).toBeNull();
    expect((await loadPredictions(first!.runFolder)).items).toHaveLength(1);
    expect(await readdir(first!.runFolder)).not.toContain("lock");
  });

  it("are left where they did not end well, where the cell has a result, and where it is forced", async () => {
    const [spec, other] = expandGrid(searchGrid(folder));
    const kept = await keep(spec!, failed);
    expect(await takeRuns([spec!], await reusableRuns([kept]))).toEqual([]);
    await keep(other!);
    const reusable = await reusableRuns([kept]);
    expect(await takeRuns([{ ...other!, force: true }], reusable)).toEqual([]);
    expect(await takeRuns([other!], reusable)).toHaveLength(1);
    expect(await takeRuns([other!], reusable)).toEqual([]);
  });

  it("are what this grid makes of them: a trial stays a trial", async () => {
    const trial = expandSearch(searchGrid(folder), tinySearch)[0]!.trials[0]!.spec;
    await takeRuns([trial], await reusableRuns([await keep(trial)]));
    expect((await finishedResult(trial))?.purpose).toBe("trial");
  });

  it("that cannot be read are named", async () => {
    const kept = await keep(expandGrid(searchGrid(folder))[0]!);
    await mkdir(join(kept, "broken"));
    await writeFile(join(kept, "broken", "result.json"), "{");
    expect((await reusableRuns([kept])).warnings.join()).toMatch(/broken.*result\.json/);
  });
});

describe("a finished result that a search chose", () => {
  it("is told how, and loses nothing by it", async () => {
    const plan = searchGrid(folder);
    const group = expandSearch(plan, tinySearch)[0]!;
    const metric = { ...exampleResult.metrics[0]!, split: "selection" as const };
    const trials = [0.1, 0.9, 0.2].map((value) => ({
      ...exampleResult,
      selectionMetrics: [{ ...metric, value }],
    }));
    const choice = chooseTrial(group, trials, tinySearch);
    if (choice.kind === "none") throw new Error(choice.reason);
    const given = expandGrid(plan)[0]!;
    await takeRuns([given], await reusableRuns([await keep(given)]));
    await recordTuning([{ ...given, tuning: choice.tuning }, ...expandGrid(plan).slice(1)]);
    const told = await loadResult(given.runFolder);
    expect(told).toEqual({ ...exampleResult, id: given.id, cell: given.cell, tuning: choice.tuning });
    // A later call that was given these settings does not take it away again.
    await recordTuning([given]);
    expect((await loadResult(given.runFolder))?.tuning).toEqual(choice.tuning);
  });
});
