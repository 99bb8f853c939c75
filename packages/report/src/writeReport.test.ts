import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { attribute, elementsOf, resultsOf } from "./testing/parsePage.ts";
import {
  syntheticFull,
  syntheticGrid,
  syntheticLora,
  syntheticLossCurve,
} from "./testing/syntheticResults.ts";
import { NoResultsError, writeReport } from "./writeReport.ts";

const options = { generatedAt: "2026-01-02T03:04:05.000Z", title: "Written" };
let folder = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "peftbench-report-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function store(results: ReturnType<typeof syntheticGrid>, into: string): Promise<void> {
  for (const result of results) {
    const run = join(folder, into, "runs", `${result.cell.method}-${result.cell.seed}`);
    await mkdir(run, { recursive: true });
    await writeFile(join(run, "result.json"), JSON.stringify(result));
    const events = syntheticLossCurve(result).points.map(({ step, loss }) =>
      JSON.stringify({
        type: "step",
        at: "2026-01-01T00:00:00.000Z",
        step,
        epoch: 0,
        loss,
        learningRate: 0.001,
        gradientNorm: 1,
        tokens: 800,
        stepMs: 400,
        bucketLength: 64,
      }),
    );
    await writeFile(join(run, "events.jsonl"), `${events.join("\n")}\n`);
  }
}

describe("writeReport", () => {
  it("reads every run below several folders, with its loss, into one file", async () => {
    await store(syntheticGrid([syntheticLora], [0, 1]), "a");
    await store(syntheticGrid([syntheticFull], [0, 1]), "b");
    const out = join(folder, "report.html");
    const written = await writeReport([join(folder, "a"), join(folder, "b"), folder], out, options);
    expect(written).toEqual({ file: out, results: 4, warnings: [] });
    const page = await readFile(out, "utf8");
    expect([...resultsOf(page).keys()].sort()).toEqual(["minilm/sst2/full", "minilm/sst2/lora"]);
    expect(elementsOf(page).flatMap((each) => attribute(each, "data-chart") ?? [])).toContain("loss");
    expect((await readdir(folder)).sort()).toEqual(["a", "b", "report.html"]);
  });

  it("makes the folder that the page goes into", async () => {
    await store(syntheticGrid([syntheticLora], [0]), "a");
    const out = join(folder, "pages", "today", "report.html");
    await writeReport(join(folder, "a"), out, options);
    expect(await readFile(out, "utf8")).toContain("Written");
  });

  it("names in the page what it had to leave out, without the paths of this machine", async () => {
    await store(syntheticGrid([syntheticLora, syntheticFull], [0, 1]), "a");
    const runs = join(folder, "a", "runs");
    await writeFile(join(runs, "lora-0", "result.json"), "{");
    await writeFile(join(runs, "full-0", "events.jsonl"), "no event\n");
    const out = join(folder, "report.html");
    const written = await writeReport(join(folder, "a"), out, options);
    expect(written.results).toBe(3);
    expect(written.warnings).toHaveLength(2);
    const page = await readFile(out, "utf8");
    expect(page).toContain("Left out: runs/lora-0/result.json");
    expect(page).toContain("Without a loss curve: runs/full-0/events.jsonl:1");
    expect(page).not.toContain(folder);
  });

  it("refuses folders without results, and writes nothing", async () => {
    const out = join(folder, "report.html");
    await expect(writeReport(folder, out, options)).rejects.toThrow(NoResultsError);
    expect(await readdir(folder)).toEqual([]);
  });
});
