/**
 * Run by Deno, Bun and Node in turn (`pnpm smoke:deno` and so on): does each runtime load and run the packages from
 * their sources? What is computed is tested elsewhere; a check here is one line in the table.
 */
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";

const projectFolder = resolve(import.meta.dirname, "..");
const packagesFolder = join(projectFolder, "packages");

/** Imports the index of every package that has one, so a new package is checked without being named here. */
async function importEveryPackage(): Promise<void> {
  const folders = [packagesFolder, join(packagesFolder, "methods")];
  let count = 0;
  for (const folder of folders) {
    for (const name of await readdir(folder)) {
      const manifest = await readFile(join(folder, name, "package.json"), "utf8").catch(() => undefined);
      if (manifest === undefined) continue;
      const { exports } = JSON.parse(manifest) as { exports?: Record<string, string> };
      const index = exports?.["."];
      if (index === undefined) continue;
      await import(pathToFileURL(join(folder, name, index)).href);
      count += 1;
    }
  }
  if (count === 0) throw new Error(`found no package under ${packagesFolder}`);
}

/** The executor is a native addon: this shows that the runtime can load and call it. */
async function runGraphOnCpu(): Promise<void> {
  const { createCpuExecutor, GraphBuilder } = await import("@peftbench/runtime");
  const graph = new GraphBuilder();
  const x = graph.input("x", [1, 2], "f32");
  const weight = graph.parameter("weight", [2, 1], { role: "baseWeight", trainable: false });
  graph.output("y", x.matmul(weight));
  const executor = createCpuExecutor({ threads: 1 });
  const weightValues = { shape: [2, 1], dtype: "f32", data: Float32Array.of(3, 4) } as const;
  const store = await executor.createStore(new Map([["weight", weightValues]]));
  const program = await executor.compile(graph.finish(), store);
  const { y } = await program.run({ x: Float32Array.of(1, 2) });
  await program.dispose();
  await executor.dispose();
  if (y?.data[0] !== 11) throw new Error(`1 * 3 + 2 * 4 came out as ${y?.data[0]}, not 11`);
}

/** Dawn is a native addon as well. Trains in a process of this same runtime, which finds npm's SwiftShader. */
async function trainOnWebgpu(): Promise<void> {
  const { currentRuntime, runtimeCommand } = await import("@peftbench/harness");
  const { softwareAdapterEnvironment } = await import("@peftbench/runtime");
  const environment = await softwareAdapterEnvironment().catch((error: Error) => error);
  if (environment instanceof Error) {
    console.warn(`not checked, no adapter: ${environment.message}`);
    return;
  }
  const { program, parameters } = runtimeCommand(currentRuntime().name, projectFolder);
  const check = join(packagesFolder, "runtime/src/execute/webgpu/testing/runtimeCheck.ts");
  const { stdout } = await promisify(execFile)(program, [...parameters, check, "train", "dawn", "3"], {
    cwd: projectFolder,
    env: { ...process.env, ...environment },
  });
  const { losses, worstDifference } = JSON.parse(stdout) as { losses: number; worstDifference: number };
  if (losses !== 3 || !(worstDifference < 1e-4)) throw new Error(`not as on the CPU: ${stdout}`);
}

/** The main job as a user starts it, small: a grid, a cell in a process of this same runtime, a result, a page. */
async function trainFromTheCommandLine(): Promise<void> {
  const { currentRuntime, runtimeCommand } = await import("@peftbench/harness");
  const { writeTinyModel, writeTinySst2 } = await import("@peftbench/harness/testing");
  const folder = await mkdtemp(join(tmpdir(), "peftbench-smoke-"));
  try {
    await writeTinyModel(join(folder, "tiny"));
    await writeTinySst2(join(folder, "glue"), { train: 32, dev: 8 });
    const { program, parameters } = runtimeCommand(currentRuntime().name, projectFolder);
    const places = [
      "--model",
      join(folder, "tiny"),
      "--data",
      join(folder, "glue"),
      "--out",
      join(folder, "out"),
    ];
    const { stdout } = await promisify(execFile)(
      program,
      [
        ...parameters,
        join(projectFolder, "packages/cli/src/main.ts"),
        ...["glue", "--tasks", "sst2", "--methods", "lora", "--preset", "smoke", "--json", ...places],
      ],
      { cwd: projectFolder },
    );
    const { cells, report } = JSON.parse(stdout) as { cells: { status: string }[]; report: string | null };
    if (cells[0]?.status !== "ok" || report === null) throw new Error(`the run ended as ${stdout}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const checks: Readonly<Record<string, () => Promise<void>>> = {
  "imports every package": importEveryPackage,
  "runs a graph on the CPU executor": runGraphOnCpu,
  "trains on WebGPU as on the CPU": trainOnWebgpu,
  "trains a cell from the command line": trainFromTheCommandLine,
};

const runtimeName = "Deno" in globalThis ? "Deno" : "Bun" in globalThis ? "Bun" : "Node";
for (const [name, check] of Object.entries(checks)) {
  try {
    await check();
    console.log(`${runtimeName}: ${name}: ok`);
  } catch (error) {
    console.error(`${runtimeName}: ${name}: FAILED`, error);
    process.exitCode = 1;
  }
}
