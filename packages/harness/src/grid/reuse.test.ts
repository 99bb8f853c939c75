import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { exampleResult } from "../result/example.ts";
import type { RunResult } from "../result/schema.ts";
import { acquireLock } from "../store/lock.ts";
import { loadPredictions, loadResult } from "../store/results.ts";
import { pathsIn } from "../store/runFolder.ts";
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
    const found = await takeRuns([first!, second!], await reusableRuns([kept]));
    expect(found).toEqual({ taken: [first], toRun: [second] });
    expect(await finishedResult(first!)).toMatchObject({ id: first!.id, metrics: exampleResult.metrics });
    expect(await finishedResult(second!)).toBeNull();
    expect((await loadPredictions(first!.runFolder)).items).toHaveLength(1);
    expect(await readdir(first!.runFolder)).not.toContain("lock");
  });

  it("are left where they did not end well, where the cell has a result, and where it is forced", async () => {
    const [spec, other] = expandGrid(searchGrid(folder));
    const kept = await keep(spec!, failed);
    expect(await takeRuns([spec!], await reusableRuns([kept]))).toEqual({ taken: [], toRun: [spec] });
    await keep(other!);
    const reusable = await reusableRuns([kept]);
    const forced = { ...other!, force: true };
    expect(await takeRuns([forced], reusable)).toEqual({ taken: [], toRun: [forced] });
    expect(await takeRuns([other!], reusable)).toEqual({ taken: [other], toRun: [] });
    expect(await takeRuns([other!], reusable)).toEqual({ taken: [], toRun: [] });
  });

  it("are what this grid makes of them: a trial stays a trial", async () => {
    const trial = expandSearch(searchGrid(folder), tinySearch)[0]!.trials[0]!.spec;
    const selectionMetrics = [{ ...exampleResult.metrics[0]!, split: "selection" as const }];
    const kept = await reusableRuns([await keep(trial, { selectionMetrics })]);
    await takeRuns([trial], kept);
    expect((await finishedResult(trial))?.purpose).toBe("trial");
    // Which is never scored on dev, so it does for no report.
    const tried = await reusableRuns([
      await keep(trial, { purpose: "trial", selectionMetrics, metrics: [] }),
    ]);
    expect(tried.find({ ...trial, purpose: "report" })).toBeNull();
    expect(tried.find(trial)).not.toBeNull();
  });

  it("are not put where another process is at the cell", async () => {
    const spec = expandGrid(searchGrid(folder))[0]!;
    const reusable = await reusableRuns([await keep(spec)]);
    await mkdir(spec.runFolder, { recursive: true });
    const lock = await acquireLock(pathsIn(spec.runFolder).lock, { waitMs: 0 });
    expect(await takeRuns([spec], reusable)).toEqual({ taken: [], toRun: [spec] });
    await lock.release();
    expect(await takeRuns([spec], reusable)).toEqual({ taken: [spec], toRun: [] });
  });

  it("that are of other cells say what they differ in", async () => {
    const [spec, ofFull] = expandGrid(searchGrid(folder));
    const { config } = spec!.cell;
    const reusable = await reusableRuns([
      await keep(spec!, {
        id: "0".repeat(64),
        cell: { ...spec!.cell, config: { ...config, training: { ...config.training, batchSize: 999 } } },
        data: { ...exampleResult.data!, checksum: spec!.dataChecksum },
        weights: { ...exampleResult.weights!, checksum: spec!.weightsChecksum },
        environment: { ...exampleResult.environment, executor: spec!.executor },
      }),
    ]);
    expect(reusable.explain(spec!)).toBe(
      `lora on sst2: training.batchSize is 999 there and ${config.training.batchSize} here`,
    );
    expect(reusable.explain({ ...spec!, dataChecksum: "e".repeat(64) })).toMatch(
      /the data differ, and 1 more/,
    );
    expect(reusable.explain(ofFull!)).toBe("there is no finished run of full on sst2");
  });

  it("that cannot be read are named", async () => {
    const kept = await keep(expandGrid(searchGrid(folder))[0]!);
    await mkdir(join(kept, "broken"));
    await writeFile(join(kept, "broken", "result.json"), "{");
    expect((await reusableRuns([kept])).warnings.join()).toMatch(/broken.*result\.json/);
  });
});

/** How a search of the grid chose for its first method and task. */
function chosenTuning(): RunResult["tuning"] {
  const group = expandSearch(searchGrid(folder), tinySearch)[0]!;
  const metric = { ...exampleResult.metrics[0]!, split: "selection" as const };
  const trials = [0.1, 0.9, 0.2].map((value, place) => ({
    ...exampleResult,
    id: group.trials[place]!.spec.id,
    selectionMetrics: [{ ...metric, value }],
  }));
  const choice = chooseTrial(group, trials, tinySearch);
  if (choice.kind === "none") throw new Error(choice.reason);
  return choice.tuning;
}

describe("a finished result that a search chose", () => {
  it("is told how, and loses nothing by it", async () => {
    const tuning = chosenTuning();
    const plan = searchGrid(folder);
    const given = expandGrid(plan)[0]!;
    await takeRuns([given], await reusableRuns([await keep(given)]));
    await recordTuning([{ ...given, tuning }, ...expandGrid(plan).slice(1)]);
    const told = await loadResult(given.runFolder);
    expect(told).toEqual({ ...exampleResult, id: given.id, cell: given.cell, tuning });
    // A later call that was given these settings is no search.
    await recordTuning([given]);
    expect((await loadResult(given.runFolder))?.tuning).toBeNull();
  });

  it("is left as it is while another process is at it", async () => {
    const given = expandGrid(searchGrid(folder))[0]!;
    await takeRuns([given], await reusableRuns([await keep(given)]));
    const before = await loadResult(given.runFolder);
    const lock = await acquireLock(pathsIn(given.runFolder).lock, { waitMs: 0 });
    await recordTuning([{ ...given, tuning: chosenTuning() }]);
    await lock.release();
    expect(await loadResult(given.runFolder)).toEqual(before);
  });
});
