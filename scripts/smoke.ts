/**
 * Run by Deno, Bun and Node in turn (`pnpm smoke:deno` and so on): does each runtime load and run the packages from
 * their sources? What is computed is tested elsewhere; a check here is one line in the table.
 */
import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";

const packagesFolder = resolve(import.meta.dirname, "../packages");

/** Imports the index of every package in the workspace, so a new package is checked without being named here. */
async function importEveryPackage(): Promise<void> {
  const folders = [packagesFolder, join(packagesFolder, "methods")];
  let count = 0;
  for (const folder of folders) {
    for (const name of await readdir(folder)) {
      const manifest = await readFile(join(folder, name, "package.json"), "utf8").catch(() => undefined);
      if (manifest === undefined) continue;
      const { exports } = JSON.parse(manifest) as { exports: Record<string, string> };
      for (const path of Object.values(exports)) {
        await import(pathToFileURL(join(folder, name, path)).href);
      }
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

const checks: Readonly<Record<string, () => Promise<void>>> = {
  "imports every package": importEveryPackage,
  "runs a graph on the CPU executor": runGraphOnCpu,
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
