import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TrainingConfig } from "../config.ts";
import { noSelection } from "../selectionConfig.ts";
import { loadEvents, loadPredictions, loadResult, loadRuns } from "../store/results.ts";
import { pathsIn } from "../store/runFolder.ts";
import type { CellSpec } from "./cellSpec.ts";
import { findRuntime, runtimeCommand } from "./childCommand.ts";
import type { GridMethod } from "./expand.ts";
import { expandGrid } from "./expand.ts";
import type { CellReport } from "./runGrid.ts";
import { exitCodeOf, runGrid } from "./runGrid.ts";

const projectFolder = resolve(import.meta.dirname, "../../../..");
const fixtures = resolve(import.meta.dirname, "../../fixtures/grid");
const entryFile = join(fixtures, "fakeCellProcess.ts");

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "peftbench-grid-"));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const training: TrainingConfig = {
  epochs: 1,
  batchSize: 2,
  accumulationSteps: 1,
  learningRate: 1e-3,
  headLearningRate: null,
  optimizer: "adamw",
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0,
  schedule: "linear",
  warmupRatio: 0,
  maxGradientNorm: 1,
  dropout: 0,
  maxLength: 16,
  maxBuckets: 1,
  trainLimit: null,
  selectionRows: 0,
  devLimit: null,
  subsetSeed: 0,
  savePolicy: "eager",
  attention: "materialized",
  frozenWeights: "f32",
  ...noSelection,
};

/** Where the cells of a test write down that they were executed. */
const logOf = (name: string): string => join(folder, `${name}.log`);

async function executions(name: string): Promise<readonly string[]> {
  const log = logOf(name);
  return existsSync(log) ? (await readFile(log, "utf8")).trim().split("\n") : [];
}

interface Fake {
  readonly end?: string;
  readonly steps?: number;
  readonly stepMs?: number;
}

/** Specs of one cell a seed; `ends` says how each ends. The out folder is named after the test. */
function specsOf(name: string, fakes: readonly Fake[], force = false): readonly CellSpec[] {
  const hash = (text: string) => createHash("sha256").update(text).digest("hex");
  return fakes.flatMap(({ end = "ok", steps = 2, stepMs = 1 }, seed) => {
    const config = { end, steps, stepMs, log: logOf(name) };
    const method: GridMethod = { id: "fake", training, config };
    return expandGrid({
      models: [{ name: "tiny", folder, weightsChecksum: hash("model"), settingsChecksum: hash("config") }],
      tasks: [{ id: name, suite: "test", checksum: hash("data") }],
      methods: [method],
      seeds: [seed],
      dataFolder: folder,
      outFolder: join(folder, name),
      executor: "cpu",
      adapter: null,
      threads: 1,
      sources: null,
      force,
      notices: [],
    });
  });
}

/** Runs a grid in this process with cells under Node. */
function run(
  specs: readonly CellSpec[],
  signal = new AbortController().signal,
): Promise<readonly CellReport[]> {
  const listener = { onCellStart: () => {}, onEvent: () => {}, onCellEnd: () => {} };
  const command = runtimeCommand("node", projectFolder);
  return runGrid(specs, {
    command,
    entryFile,
    workingFolder: projectFolder,
    environment: {},
    listener,
    signal,
  });
}

/** A grid in a process of its own. */
function startGrid(specs: readonly CellSpec[], runtime: "deno" | "node" | "bun" = "node"): ChildProcess {
  const { program, parameters } = runtimeCommand("node", projectFolder);
  const argument = JSON.stringify({ specs, runtime });
  return spawn(program, [...parameters, join(fixtures, "fakeGrid.ts"), argument], {
    cwd: projectFolder,
    stdio: ["ignore", "pipe", "inherit"],
  });
}

function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((done) => child.once("exit", (code) => done(code)));
}

async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await condition())) await sleep(20);
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe("a grid", () => {
  test("gives every cell a folder with result, events and predictions, and skips finished cells", async () => {
    const specs = specsOf("whole", [{}, { end: "warn" }]);
    const first = await run(specs);
    expect(first.map((report) => [report.outcome, report.result?.status])).toEqual([
      ["ran", "ok"],
      ["ran", "ok"],
    ]);
    expect(exitCodeOf(first)).toBe(0);
    const { runs, warnings } = await loadRuns(join(folder, "whole"));
    expect(warnings).toEqual([]);
    expect(runs.map(({ result }) => result)).toEqual(first.map((report) => report.result));
    const runFolder = specs[1]?.runFolder ?? "";
    expect(runFolder).toMatch(/whole[/\\]runs[/\\]test[/\\]tiny-fake-whole-s1-[0-9a-f]{8}$/);
    expect((await loadEvents(runFolder)).items.map((event) => event.type)).toEqual([
      ...["phase", "step", "step", "warning", "done"],
    ]);
    expect((await loadPredictions(runFolder)).items).toHaveLength(1);
    expect(runs[1]?.result.warnings).toEqual(["Something to know."]);
    expect(await readFile(pathsIn(runFolder).errorLog, "utf8")).toBe("a library talks on standard output\n");
    expect(existsSync(pathsIn(runFolder).cell)).toBe(false);
    expect(existsSync(pathsIn(runFolder).lock)).toBe(false);

    const second = await run(specs);
    expect(second.map((report) => report.outcome)).toEqual(["skipped", "skipped"]);
    expect(second.map((report) => report.result)).toEqual(first.map((report) => report.result));
    const forced = await run(specsOf("whole", [{}, { end: "warn" }], true));
    expect(forced.map((report) => report.outcome)).toEqual(["ran", "ran"]);
  });

  test("goes on after a cell that failed in whatever way, and says how it failed", async () => {
    const ends = ["throw", "oom", "diverge", "exit", "kill", "incomplete", "ok"];
    const specs = specsOf(
      "failures",
      ends.map((end) => ({ end })),
    );
    const reports = await run(specs);
    const results = reports.map((report) => report.result);
    expect(results.map((result) => [result?.status, result?.error?.type ?? null])).toEqual([
      ["failed", "TypeError"],
      ["oom", "OutOfMemoryError"],
      ["diverged", "NonFiniteLossError"],
      ["failed", "ProcessDiedError"],
      ["failed", "ProcessDiedError"],
      ["failed", "FormatError"],
      ["ok", null],
    ]);
    expect(results[0]?.error).toEqual({ type: "TypeError", message: "it broke", remedy: "Mend it." });
    expect(results[0]?.data).not.toBeNull();
    expect(results[3]?.error?.message).toContain("exit status 7");
    expect(results[3]?.error?.message).toContain("going down");
    expect(results[4]?.error?.message).toContain("SIGKILL");
    expect(results[5]?.error?.message).toContain("metrics");
    expect(exitCodeOf(reports)).toBe(1);
    for (const [index, spec] of specs.entries())
      expect(await loadResult(spec.runFolder)).toEqual(results[index]);

    // Failed cells have another chance; what diverged would diverge again.
    const again = await run(specs);
    expect(again.map((report) => report.outcome)).toEqual([
      "ran",
      "ran",
      "skipped",
      "ran",
      "ran",
      "ran",
      "skipped",
    ]);
  });

  test("runs a cell again whose result was damaged or belongs to another run", async () => {
    const [spec] = specsOf("damaged", [{}]) as [CellSpec];
    await run([spec]);
    await writeFile(pathsIn(spec.runFolder).result, '{"schemaVersion":');
    expect((await run([spec])).map((report) => report.outcome)).toEqual(["ran"]);
    const other = { ...(await loadResult(spec.runFolder)), id: "0".repeat(64) };
    await writeFile(pathsIn(spec.runFolder).result, JSON.stringify(other));
    expect((await run([spec])).map((report) => report.outcome)).toEqual(["ran"]);
  });

  test("stops its cell when it is stopped, and starts no other", async () => {
    const specs = specsOf("stopped", [{ steps: 500, stepMs: 20 }, {}]);
    const controller = new AbortController();
    const running = run(specs, controller.signal);
    const events = pathsIn(specs[0]?.runFolder ?? "").events;
    await until(async () => existsSync(events) && (await readFile(events, "utf8")).includes('"step"'));
    controller.abort();
    const reports = await running;
    expect(reports.map((report) => [report.outcome, report.result?.status])).toEqual([
      ["ran", "interrupted"],
      ["notStarted", undefined],
    ]);
    expect(exitCodeOf(reports)).toBe(1);
    expect(reports[0]?.result?.error?.message).toContain("SIGTERM");
  });

  test("in a process that gets SIGINT, ends its cell and then itself", async () => {
    const specs = specsOf("signalled", [{ steps: 500, stepMs: 20 }]);
    const grid = startGrid(specs);
    const events = pathsIn(specs[0]?.runFolder ?? "").events;
    await until(async () => existsSync(events) && (await readFile(events, "utf8")).includes('"step"'));
    grid.kill("SIGINT");
    expect(await exitOf(grid)).toBe(1);
    expect((await loadResult(specs[0]?.runFolder ?? ""))?.status).toBe("interrupted");
  });

  const runtimes = (["node", "deno", "bun"] as const).filter(
    (name) => findRuntime(name, projectFolder) !== null,
  );
  test.each(runtimes)(
    "killed by kill -9 with cells under %s loses nothing that was finished, runs nothing twice, leaves no process",
    async (runtime) => {
      // Seeds 0 and 1 finish at once, seed 2 is in its midst when the grid dies, seed 3 has not begun.
      const name = `killed-${runtime}`;
      const specs = specsOf(name, [{}, {}, { steps: 100, stepMs: 20 }, {}]);
      const lines = () => executions(name);
      const grid = startGrid(specs, runtime);
      await until(async () => (await lines()).some((line) => line.startsWith("start fake-s2")));
      const finishedBefore = await Promise.all(specs.slice(0, 2).map((spec) => loadResult(spec.runFolder)));
      const exit = exitOf(grid);
      grid.kill("SIGKILL");
      await exit;

      // At once: the orphaned cell may still be at work, and must neither be joined by a second one nor go on for ever.
      const orphan = Number((await lines()).at(-1)?.split(" ")[2]);
      const second = startGrid(specs, runtime);
      expect(await exitOf(second)).toBe(0);
      await until(() => !isAlive(orphan));

      const count = async (line: string) => (await lines()).filter((other) => other.startsWith(line)).length;
      for (const seed of [0, 1, 3]) {
        expect(await count(`start fake-s${seed}`)).toBe(1);
        expect(await count(`end fake-s${seed}`)).toBe(1);
      }
      expect(await count("start fake-s2")).toBe(2);
      expect(await count("end fake-s2")).toBe(1);
      const after = await Promise.all(specs.map((spec) => loadResult(spec.runFolder)));
      expect(after.map((result) => result?.status)).toEqual(["ok", "ok", "ok", "ok"]);
      expect(after.slice(0, 2)).toEqual(finishedBefore);
      expect(after[3]?.environment.runtime.name).toBe(runtime);
    },
  );

  test("and another at the same time share the cells: each is executed once", async () => {
    const specs = specsOf("shared", [{ steps: 20, stepMs: 20 }, {}, {}]);
    const [one, two] = await Promise.all([run(specs), run(specs)]);
    expect([exitCodeOf(one), exitCodeOf(two)]).toEqual([0, 0]);
    const starts = (await executions("shared")).filter((line) => line.startsWith("start"));
    expect(starts).toHaveLength(3);
  });
});
