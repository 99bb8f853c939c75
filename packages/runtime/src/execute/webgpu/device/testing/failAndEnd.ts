/**
 * A program for tests of how a process ends after WebGPU has failed it. Opens a device, trains a small graph on it, and
 * then does what its first argument says: `lose` the device with steps and a read under way; run `out-of-memory` (in
 * an address space of less than `ARENA_BYTES`); or `train` until SIGTERM. Its second argument is the implementation of
 * WebGPU. Writes what it was thrown as a line of JSON, disposes of everything and leaves it to the runtime to end.
 */
import { writeSync } from "node:fs";
import process from "node:process";
import { RuntimeError } from "../../../../errors.ts";
import { GraphBuilder } from "../../../../graph/builder.ts";
import type { Graph } from "../../../../graph/graph.ts";
import type { Tensor } from "../../../../graph/tensor.ts";
import { encoderStep } from "../../../../plan/testGraphs.ts";
import { createWebgpuExecutor } from "../../executor.ts";
import { inputsOf, parametersOf } from "../../testing/runSteps.ts";
import { openWebgpuDevice } from "../openDevice.ts";

const ARENA_BYTES = 256 * 2 ** 30;

/** Tensors that are all alive at once, `ARENA_BYTES` together. */
function hugeGraph(tensorBytes: number): Graph {
  const graph = new GraphBuilder();
  const x = graph.input("x", [1], "f32");
  const shape = [Math.floor(tensorBytes / 4096), 1024];
  const tensors = Array.from({ length: Math.ceil(ARENA_BYTES / tensorBytes) }, (_, index) =>
    x.mul(index + 1).broadcastTo(shape),
  );
  graph.output("sum", tensors.reduce((sum: Tensor<"f32">, next) => sum.add(next)).sum());
  return graph.finish();
}

async function failureOf(work: Promise<unknown>): Promise<Record<string, unknown> | null> {
  try {
    await work;
    return null;
  } catch (error) {
    if (!(error instanceof RuntimeError)) throw error;
    const { name, message, remedy } = error;
    return { name, message, remedy };
  }
}

const [failure, implementation] = process.argv.slice(2);
const opened = await openWebgpuDevice({
  adapter: "any",
  implementation: implementation === "runtime" ? "runtime" : "dawn",
});
const executor = createWebgpuExecutor({ device: opened });
const step = encoderStep({ layers: 0, batch: 2, length: 5, width: 12, heads: 3, rank: 2 });
const store = await executor.createStore(parametersOf(step, 1));
const program = await executor.compile(step, store);
const run = (index: number): Promise<unknown> => program.run(inputsOf(step, 1, index));
await run(0);

const failures: (Record<string, unknown> | null)[] = [];
if (failure === "lose") {
  const work = [run(1), run(2), run(3), store.read("head")].map(failureOf);
  opened.device.destroy();
  failures.push(...(await Promise.all(work)));
}
if (failure === "out-of-memory") {
  failures.push(await failureOf(executor.compile(hugeGraph(opened.profile.maxBindingBytes / 2), store)));
  await run(1);
}
if (failure === "train") {
  let isStopped = false;
  process.once("SIGTERM", () => {
    isStopped = true;
  });
  writeSync(1, "training\n");
  for (let index = 1; !isStopped; index++) await run(index);
}
await program.dispose();
store.release(store.names);
await executor.dispose();
await opened.dispose();
writeSync(1, `${JSON.stringify({ failures, adapter: opened.adapter.name, isDisposed: true })}\n`);
