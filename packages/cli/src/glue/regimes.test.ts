import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { CellSpec, RunResult } from "@peftbench/harness";
import { loadRuns, planTraining, prepareCell } from "@peftbench/harness";
import { writeTinyModel, writeTinySst2 } from "@peftbench/harness/testing";
import { methods } from "@peftbench/methods";
import { openCheckpoint } from "@peftbench/models";
import { findTask, loadTask } from "@peftbench/tasks";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCommandLine } from "../commandLine.ts";
import { commands } from "../commands/index.ts";

const projectFolder = resolve(import.meta.dirname, "../../../..");

let folder: string;
let model: string;
let data: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "peftbench-regimes-"));
  model = join(folder, "tiny");
  data = join(folder, "glue");
  await writeTinyModel(model);
  await writeTinySst2(data, { train: 96, dev: 24 });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const glue = (...words: string[]) =>
  bench("glue", "--model", model, "--data", data, "--tasks", "sst2", "--threads", "1", ...words);

async function bench(...words: string[]) {
  let output = "";
  let errors = "";
  const write = (text: string): void => {
    errors += text;
  };
  const status = await runCommandLine(
    words,
    commands,
    {
      isTerminal: false,
      write: (text) => {
        output += text;
      },
    },
    {
      projectFolder,
      environment: {},
      say: (line) => write(`${line}\n`),
      errorOutput: { isTerminal: false, columns: 80, write },
    },
  );
  return { status, output, errors };
}

const TINY = "training.trainLimit=32,training.epochs=1,training.devLimit=null";

describe("the regime tuned", () => {
  const call = (...words: string[]) =>
    glue(
      ...["--preset", "smoke", "--methods", "lora,linear-probe", "--regime", "tuned", "--device", "cpu"],
      ...["--no-probe", "--set", `${TINY},search.training.selectionRows=16`, ...words],
    );

  test("searches with as many trials for each method, reports what was chosen, and goes on where it was", async () => {
    const out = join(folder, "tuned");
    const first = await call("--out", out, "--json");
    expect(first.status, first.errors).toBe(0);
    const { search, cells } = JSON.parse(first.output);
    expect(search.trials).toHaveLength(4);
    expect(cells).toHaveLength(2);
    const { runs } = await loadRuns(join(out, "runs"));
    for (const { result } of runs) {
      const { tuning, cell, purpose } = result;
      expect(purpose).toBe("report");
      expect(tuning?.trials).toHaveLength(2);
      expect(tuning?.budget).toMatchObject({ trials: 2, selectionRows: 16, trainLimit: 32 });
      expect(cell.config.training).toMatchObject({ ...tuning?.chosen, selectionRows: 0 });
      const scores = tuning?.trials.map(({ score }) => score ?? 0) ?? [];
      const best = tuning?.trials[scores.indexOf(Math.max(...scores))];
      expect(tuning?.chosen).toEqual(best?.settings);
    }
    expect(await readdir(join(out, "trials/glue"))).not.toContain("report.html");

    const again = await call("--out", out);
    expect(again.status, again.errors).toBe(0);
    expect(again.errors).not.toContain("starting");
    expect(again.output).toContain("as many trials for every method");

    // Pages and comparisons of the whole folder have the reported runs alone.
    const page = await bench("report", out, "--out", join(folder, "page.html"), "--json");
    expect(JSON.parse(page.output)).toMatchObject({ runs: 2, warnings: [] });

    // Another folder takes trials and reported runs over, with how they were chosen.
    const other = join(folder, "other");
    const taken = await call("--out", other, "--reuse", out);
    expect(taken.status, taken.errors).toBe(0);
    expect(taken.errors).not.toContain("starting");
    const tunings = (stored: readonly { result: RunResult }[]) =>
      stored.map(({ result }) => [result.id, result.tuning]);
    expect(tunings((await loadRuns(join(other, "runs"))).runs)).toEqual(tunings(runs));
  });

  test("shows its trials in a dry run, and starts nothing", async () => {
    const out = join(folder, "dry");
    const { status, output } = await call("--out", out, "--dry-run");
    expect(status).toBe(0);
    expect(output.match(/trial, to run/g)).toHaveLength(4);
    expect(output.match(/to run, as chosen/g)).toHaveLength(2);
    expect(output).toMatch(/an estimate, by operations at 30 GFLOP\/s, which is assumed/);
    await expect(readdir(out)).rejects.toThrow("ENOENT");
  });
});

describe("a dry run", () => {
  test("plans steps, counts and memory as a cell's process does", async () => {
    const { output } = await glue(
      ...["--preset", "smoke", "--methods", "lora", "--device", "cpu", "--dry-run", "--json"],
      ...["--set", `${TINY},lora.rank=2`, "--out", join(folder, "plans")],
    );
    const [planned] = JSON.parse(output).cells;
    expect(planned.plan.isExact).toBe(true);
    const { id, cell, runFolder } = planned;
    const checksums = await checksumsOf();
    const spec = {
      ...{ id, cell, runFolder, ...checksums, modelFolder: model, dataFolder: data },
      ...{ purpose: "report", tuning: null, executor: "cpu", adapter: null, measuredMemory: null },
      ...{ notices: [], warnings: [], threads: 1, sources: null, force: false },
    } as CellSpec;
    const lora = methods.find((method) => method.id === "lora")!;
    const prepared = await prepareCell(spec, findTask("sst2"), lora);
    expect(planned.plan.steps).toBe(prepared.totalSteps);
    expect(planned.plan.trainable).toBe(prepared.counts.trainableInitial);
    const { memory } = planTraining(
      prepared.model,
      prepared.attachment,
      cell.config.training,
      prepared.buckets,
    );
    expect(planned.plan.peakLiveBytes).toBe(memory.peakLiveBytes);
    const { lengths } = prepared.train.tokenized;
    expect(planned.plan.work.trainTokens).toBeCloseTo(lengths.reduce((sum, length) => sum + length, 0));
  });

  test("names what a run would end in, and plans the rest", async () => {
    const { status, output } = await glue(
      ...["--preset", "smoke", "--methods", "lora,full", "--device", "cpu", "--dry-run"],
      ...["--set", 'lora.targetModules=["nothing"]', "--out", join(folder, "plans")],
    );
    expect(status).toBe(1);
    expect(output.match(/Cannot run: lora on sst2: .*nothing/g)).toHaveLength(1);
    expect(output).toMatch(/full +1 of 1 +\d/);
  });
});

describe("glue refuses", () => {
  test.each([
    [["--regime", "tunde"], /--regime: found "tunde"\. Did you mean tuned\? Allowed: shared, tuned/],
    [["--preset", "papre"], /--preset: found "papre"\. Did you mean paper\?/],
    [["--trials", "3"], /--trials: found beside the regime shared/],
    [["--set", "search.trials=3"], /--set search\.trials: found beside the regime shared/],
    [["--regime", "tuned", "--trials", "3", "--set", "search.trials=3"], /--trials gives too/],
    [["--reuse", "nowhere"], /--reuse: found no folder .*nowhere/],
    [["--reuse", ".", "--force"], /--reuse: found beside --force/],
    [["--set", "training.evaluationsPerEpoch=2"], /selectionRows 0/],
  ])("%j, saying what was found and what there is", async (words, message) => {
    const { status, errors } = await glue("--device", "cpu", "--dry-run", ...words);
    expect(status).toBe(2);
    expect(errors).toMatch(message);
  });
});

async function checksumsOf() {
  const checkpoint = await openCheckpoint(model);
  const { provenance } = await loadTask(findTask("sst2"), { dataFolder: data });
  const weightsChecksum = await checkpoint.checksum();
  await checkpoint.close();
  return { weightsChecksum, dataChecksum: provenance.checksum };
}
