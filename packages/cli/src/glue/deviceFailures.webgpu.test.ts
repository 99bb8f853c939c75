import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { CellSpec } from "@peftbench/harness";
import { exitCodeOf, loadResult, runGrid, runtimeCommand } from "@peftbench/harness";
import { tinyGrid } from "@peftbench/harness/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const projectFolder = fileURLToPath(new URL("../../../../", import.meta.url));
const listener = { onCellStart: () => {}, onEvent: () => {}, onCellEnd: () => {} };

let root = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "peftbench-failures-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

function run(specs: readonly CellSpec[], runtime: "node" | "deno", program: string, failure: string) {
  return runGrid(specs, {
    command: runtimeCommand(runtime, projectFolder),
    entryFile: join(projectFolder, "packages/cli", program),
    workingFolder: projectFolder,
    environment: { PEFTBENCH_TEST_FAILURE: failure },
    listener,
    signal: new AbortController().signal,
  });
}

describe.each(["node", "deno"] as const)("a cell under %s", (runtime) => {
  it.each([
    { failure: "loss", status: "failed", type: "DeviceLostError" },
    { failure: "memory", status: "oom", type: "GpuOutOfMemoryError" },
  ])("that meets $failure ends as $status, leaves a whole folder, and runs again", async (expected) => {
    const specs = await tinyGrid(await mkdtemp(join(root, "cell-")), {
      methods: ["lora"],
      executor: "webgpu",
    });
    const reports = await run(specs, runtime, "fixtures/failingCellProcess.ts", expected.failure);
    const result = reports[0]?.result;
    expect(result?.status).toBe(expected.status);
    expect(result?.error?.type).toBe(expected.type);
    expect(result?.error?.remedy).toEqual(expect.any(String));
    expect(exitCodeOf(reports)).toBe(1);
    const spec = specs[0] as CellSpec;
    expect(await loadResult(spec.runFolder)).toEqual(result);
    expect((await readdir(spec.runFolder)).filter((name) => /lock|tmp/.test(name))).toEqual([]);

    const again = await run(specs, runtime, "src/cellProcess.ts", "none");
    expect(again[0]?.outcome).toBe("ran");
    expect(again[0]?.result?.status).toBe("ok");
  });
});
