import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { CellSpec } from "@peftbench/harness";
import { createProber, runGrid, runtimeCommand } from "@peftbench/harness";
import { tinyGrid } from "@peftbench/harness/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const projectFolder = fileURLToPath(new URL("../../../../", import.meta.url));
const command = runtimeCommand("node", projectFolder);
const entry = (name: string): string => join(projectFolder, `packages/cli/src/${name}.ts`);
const listener = { onCellStart: () => {}, onEvent: () => {}, onCellEnd: () => {} };

let root = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "peftbench-webgpu-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** Runs cells in processes of their own. The test's own environment knows the driver, and so do they. */
function run(specs: readonly CellSpec[], prepare?: (spec: CellSpec) => Promise<CellSpec>) {
  return runGrid(specs, {
    command,
    entryFile: entry("cellProcess"),
    workingFolder: projectFolder,
    environment: {},
    ...(prepare === undefined ? {} : { prepare }),
    listener,
    signal: new AbortController().signal,
  });
}

describe("a cell on WebGPU", () => {
  it.each([
    { method: "lora", training: {} },
    { method: "lora", training: { accumulationSteps: 2, attention: "fused" } },
    { method: "full", training: { savePolicy: "recompute" } },
    { method: "lamda", training: {} },
  ] as const)(
    "trains ($method, $training), and takes the memory that is planned",
    async ({ method, training }) => {
      const folder = await mkdtemp(join(root, "cell-"));
      const specs = await tinyGrid(folder, { methods: [method], executor: "webgpu", training });
      const [report] = await run(specs);
      const result = report?.result;
      expect(result?.error ?? null).toBeNull();
      expect(result?.status).toBe("ok");
      expect(result?.environment.executor).toBe("webgpu");
      expect(result?.environment.adapter).toEqual(expect.any(String));
      const measured = result?.measuredMemory;
      expect(measured?.source).toBe("run");
      expect(measured?.reserved.measuredBytes).toBe(measured?.reserved.plannedBytes);
      expect(measured?.phases.map(({ phase }) => phase)).toEqual(
        expect.arrayContaining(["load", `train: ${measured?.stage}`, "eval"]),
      );
    },
  );
});

describe("a cell on the CPU", () => {
  it("is probed on WebGPU once for all its seeds and never again; what was measured is what is planned", async () => {
    const cacheFolder = join(root, "probes");
    const grid = async (
      folder: string,
    ): Promise<{ readonly lines: string[]; readonly results: unknown[] }> => {
      const lines: string[] = [];
      const prepare = createProber({
        process: {
          command,
          entryFile: entry("probeProcess"),
          workingFolder: projectFolder,
          environment: {},
          patienceMs: 300_000,
          signal: new AbortController().signal,
        },
        adapter: "software",
        adapterIdentity: "the test's",
        mostTokens: null,
        cacheFolder,
        say: (line) => lines.push(line),
      });
      const specs = await tinyGrid(folder, { methods: ["lora"], executor: "cpu", seeds: [0, 1] });
      const reports = await run(specs, prepare);
      return { lines, results: reports.map(({ result }) => result?.measuredMemory) };
    };
    const first = await grid(join(root, "first"));
    expect(first.lines).toEqual([expect.stringContaining("a few steps on WebGPU")]);
    expect(await readdir(cacheFolder)).toHaveLength(1);
    const [measured, other] = first.results as NonNullable<CellSpec["measuredMemory"]>[];
    expect(other).toEqual(measured);
    expect(measured?.source).toBe("probe");
    expect(measured?.reserved.measuredBytes).toBe(measured?.reserved.plannedBytes);
    expect(measured?.live?.measuredBytes).toBe(measured?.live?.plannedBytes);
    const present = (roles: Readonly<Record<string, number>> = {}) =>
      Object.fromEntries(Object.entries(roles).filter(([, bytes]) => bytes > 0));
    expect(present(measured?.live?.measuredByRole)).toEqual(present(measured?.live?.plannedByRole));
    expect(measured?.lossDifference?.largestRelative).toBeLessThan(1e-5);

    const again = await grid(join(root, "again"));
    expect(again.lines).toEqual([expect.stringContaining("measured before")]);
    expect(again.results).toEqual(first.results);
  });

  it("ends well where its probe cannot be made, and says so in its result", async () => {
    const prepare = createProber({
      process: {
        command,
        entryFile: entry("noSuchProgram"),
        workingFolder: projectFolder,
        environment: {},
        patienceMs: 60_000,
        signal: new AbortController().signal,
      },
      adapter: "software",
      adapterIdentity: "none",
      mostTokens: null,
      cacheFolder: join(root, "other-probes"),
      say: () => {},
    });
    const [report] = await run(
      await tinyGrid(join(root, "unprobed"), { methods: ["lora"], executor: "cpu" }),
      prepare,
    );
    expect(report?.result?.status).toBe("ok");
    expect(report?.result?.measuredMemory).toBeNull();
    expect(report?.result?.warnings.join()).toMatch(
      /Memory was not measured: The probe's process ended with exit status/,
    );
  });
});
