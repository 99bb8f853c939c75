import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CellSpec } from "../grid/cellSpec.ts";
import { TINY_TRAINING } from "../training/tinyGrid.ts";
import { createProber } from "./prober.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "peftbench-prober-"));
  await writeFile(join(folder, "answer.mjs"), `console.log('{"problem":"asked"}'); process.exit(0);`);
});
afterEach(() => rm(folder, { recursive: true }));

const spec = (method: string, task: string, seed: number): CellSpec => ({
  id: "a".repeat(64),
  cell: { suite: "glue", model: "tiny", method, task, seed, config: { training: TINY_TRAINING, method: {} } },
  purpose: "report",
  tuning: null,
  modelFolder: folder,
  dataFolder: null,
  runFolder: folder,
  executor: "cpu",
  adapter: null,
  measuredMemory: null,
  notices: [],
  warnings: [],
  threads: 1,
  weightsChecksum: "b".repeat(64),
  dataChecksum: "c".repeat(64),
  sources: null,
  force: false,
});

const CELLS = [
  ["lora", "sst2", 0],
  ["full", "sst2", 0],
  ["lora", "rte", 0],
  ["lora", "sst2", 1],
  ["full", "rte", 1],
] as const;

/** Which of the cells come back with what a probe answered, and how many probes were started. */
async function probed(
  mostTokens: number | null,
): Promise<{ readonly answered: number[]; readonly started: number }> {
  const lines: string[] = [];
  const prepare = createProber({
    process: {
      command: { program: process.execPath, parameters: [] },
      entryFile: join(folder, "answer.mjs"),
      workingFolder: folder,
      environment: {},
      patienceMs: 60_000,
      signal: new AbortController().signal,
    },
    adapter: "software",
    adapterIdentity: "the test's",
    mostTokens,
    cacheFolder: join(folder, "cache"),
    say: (line) => lines.push(line),
  });
  const answered: number[] = [];
  for (const [index, [method, task, seed]] of CELLS.entries()) {
    const { warnings } = await prepare(spec(method, task, seed));
    if (warnings.join() === "Memory was not measured: asked") answered.push(index);
  }
  return { answered, started: lines.filter((line) => line.includes("a few steps")).length };
}

describe("a prober", () => {
  it("probes every method on every task, once for all seeds", async () => {
    expect(await probed(null)).toEqual({ answered: [0, 1, 2, 3, 4], started: 4 });
  });

  it("probes every method on its first task alone where the adapter is slow", async () => {
    expect(await probed(128)).toEqual({ answered: [0, 1, 3], started: 2 });
  });
});
