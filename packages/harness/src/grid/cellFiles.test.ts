import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadExampleTexts } from "../store/exampleTexts.ts";
import { loadPredictions, loadRuns } from "../store/results.ts";
import { pathsIn } from "../store/runFolder.ts";
import { TINY_TRAINING } from "../training/tinyGrid.ts";
import type { CellSpec } from "./cellSpec.ts";
import { runtimeCommand } from "./childCommand.ts";
import { expandGrid } from "./expand.ts";

const projectFolder = resolve(import.meta.dirname, "../../../..");
const entryFile = resolve(import.meta.dirname, "../../fixtures/grid/fakeCellProcess.ts");

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "peftbench-files-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function specOf(seed: number, submission: boolean): CellSpec {
  const config = { end: "ok", steps: 1, stepMs: 1, log: join(folder, "log") };
  const [spec] = expandGrid({
    models: [{ name: "tiny", folder, weightsChecksum: "1a".repeat(32), settingsChecksum: "2b".repeat(32) }],
    tasks: [{ id: "task", suite: "test", checksum: "3c".repeat(32) }],
    methods: [{ id: "fake", training: TINY_TRAINING, config }],
    seeds: [seed],
    dataFolder: folder,
    outFolder: folder,
    executor: "cpu",
    adapter: null,
    threads: 1,
    sources: null,
    force: false,
    notices: [],
  });
  if (spec === undefined) throw new Error("The grid has no cell.");
  // The grid asks for it of GLUE's own tasks alone.
  return submission ? { ...spec, submission } : spec;
}

/** Runs one cell alone, by the path of its spec. */
async function run(spec: CellSpec): Promise<void> {
  await mkdir(spec.runFolder, { recursive: true });
  const file = join(folder, "spec.json");
  await writeFile(file, JSON.stringify(spec));
  const { program, parameters } = runtimeCommand("node", projectFolder);
  const child = spawn(program, [...parameters, entryFile, file], { cwd: projectFolder, stdio: "ignore" });
  expect(await new Promise((done) => child.once("exit", done))).toBe(0);
}

const executions = async (): Promise<number> =>
  (await readFile(join(folder, "log"), "utf8")).split("\n").filter((line) => line.startsWith("start")).length;

describe("the folder of a run", () => {
  test("keeps predictions of every labelled split, and texts of dev beside the runs that share them", async () => {
    for (const seed of [0, 1]) await run(specOf(seed, false));
    const { runs, warnings } = await loadRuns(folder);
    expect(warnings).toEqual([]);
    expect(runs).toHaveLength(2);
    for (const stored of runs) {
      const { items } = await loadPredictions(stored.folder, "mismatched");
      expect(items.map(({ exampleId }) => exampleId)).toEqual(["mismatched:0"]);
      const texts = await loadExampleTexts(stored);
      expect([...texts]).toEqual([["dev:0", { exampleId: "dev:0", text: "a sentence", pair: null }]]);
      const elsewhere = { ...stored, folder: join(folder, "nowhere", "run") };
      expect((await loadExampleTexts(elsewhere)).size).toBe(0);
    }
  });

  test("gets a submission when that is asked for, once, though the run has ended before", async () => {
    await run(specOf(2, false));
    const before = await executions();
    const { submission, predictions } = pathsIn(specOf(2, false).runFolder);
    await expect(readFile(join(submission, "Fake.tsv"))).rejects.toThrow();
    await run(specOf(2, true));
    expect(await readFile(join(submission, "Fake.tsv"), "utf8")).toBe("index\tprediction\n0\t1\n");
    expect(await readFile(predictions, "utf8")).toContain("dev:0");
    // It is there now, whether it is asked for or not.
    await run(specOf(2, true));
    await run(specOf(2, false));
    expect((await executions()) - before).toBe(1);
  });
});
