/**
 * A program for tests of runtimes: does WebGPU work under the one that runs this? Its arguments are a check, an
 * implementation of WebGPU (`dawn` or `runtime`) and, where the check trains, a number of steps:
 * `ops` runs the op suite; `train` trains a small encoder while garbage is collected and pipelines are made in number.
 * Writes one line of JSON and ends by itself.
 */
import { writeSync } from "node:fs";
import process from "node:process";
import { encoderStep } from "../../../plan/testGraphs.ts";
import { runOpCases } from "../../../testing/runCases.ts";
import { createCpuExecutor } from "../../cpu/executor.ts";
import type { Executor } from "../../executor.ts";
import { compileKernel } from "../device/compileShader.ts";
import type { WebgpuDevice } from "../device/openDevice.ts";
import { openWebgpuDevice } from "../device/openDevice.ts";
import { createWebgpuExecutor } from "../executor.ts";
import { inputsOf, parametersOf } from "./runSteps.ts";

const [check, implementation, steps = "1"] = process.argv.slice(2);

/** Asks the runtime to collect garbage now, where it lets itself be asked. */
function collectGarbage(): void {
  const runtime = globalThis as { gc?: () => void; Bun?: { gc(force: boolean): void } };
  runtime.gc?.();
  runtime.Bun?.gc(true);
}

async function train(executor: Executor, count: number, between: () => Promise<void>): Promise<number[]> {
  const graph = encoderStep({ layers: 1, batch: 4, length: 8, width: 16, heads: 2, rank: 2 });
  const store = await executor.createStore(parametersOf(graph, 3));
  const program = await executor.compile(graph, store);
  const losses: number[] = [];
  for (let step = 0; step < count; step++) {
    const { loss } = await program.run(inputsOf(graph, 3, step));
    losses.push(loss?.data[0] ?? Number.NaN);
    await between();
  }
  await program.dispose();
  store.release(store.names);
  return losses;
}

/** Something that takes the compiler and is garbage at once. */
async function compileOneMore({ device }: WebgpuDevice, number: number): Promise<void> {
  const wgsl = `@group(0) @binding(0) var<storage, read_write> x: array<u32>;
@compute @workgroup_size(32) fn main(@builtin(global_invocation_id) id: vec3u) { x[id.x] = ${number}u; }`;
  await compileKernel(device, { op: `pipeline ${number}`, wgsl });
}

const opened = await openWebgpuDevice({
  adapter: "any",
  implementation: implementation === "runtime" ? "runtime" : "dawn",
});
const executor = createWebgpuExecutor({ device: opened });
let found: object;
if (check === "train") {
  let pipelines = 0;
  const losses = await train(executor, Number(steps), async () => {
    await compileOneMore(opened, pipelines++);
    collectGarbage();
  });
  const expected = await train(createCpuExecutor({ threads: 1 }), Number(steps), async () => {});
  const differences = losses.map((loss, step) => Math.abs(loss - (expected[step] ?? Number.NaN)));
  found = { losses: losses.length, last: losses.at(-1), worstDifference: Math.max(...differences) };
} else {
  found = await runOpCases(executor, { onProgress: (done) => done % 50 === 0 && collectGarbage() });
}
opened.health.check();
await opened.dispose();
writeSync(1, `${JSON.stringify({ ...found, adapter: opened.adapter })}\n`);
