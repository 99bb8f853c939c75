import { createHash } from "node:crypto";
import type {
  ExecutorOverhead,
  LedgerReport,
  MemoryPlan,
  WebgpuDevice,
  WebgpuExecutorOptions,
} from "@peftbench/runtime";
import {
  attachLedger,
  createWebgpuExecutor,
  kernelDeviceOf,
  patiently,
  planMemory,
  planOverhead,
  prepareForDevice,
} from "@peftbench/runtime";
import type { EncoderStep } from "./encoderSteps.ts";

/** What is predicted before anything is made on the device. */
export interface Prediction {
  readonly plan: MemoryPlan;
  /** What the executor takes beside the plan's tensors. */
  readonly overhead: ExecutorOverhead;
  readonly overheadBytes: number;
}

/** What a program left behind: its losses, and a checksum of each parameter's bits. */
interface Trained {
  readonly losses: readonly number[];
  readonly checksums: ReadonlyMap<string, string>;
}

/** The plan of a step held against what the device was asked for. Bytes. */
export interface MemoryFigures {
  readonly overhead: ExecutorOverhead;
  /** Of one arena with padded parameters: plan and overhead, and the ledger's peak. */
  readonly reserved: { readonly plannedBytes: number; readonly measuredBytes: number };
  /** Of a buffer a tensor that exists while the tensor lives. */
  readonly live: { readonly plannedBytes: number; readonly measuredBytes: number };
  /** Losses and parameters that differ in any bit from those of the plain arena. */
  readonly differing: { readonly poisoned: number; readonly bufferPerTensor: number };
  /** Losses and parameters that were compared. */
  readonly compared: number;
}

/** Steps of each run: the second one reads what the first has left. */
const STEPS = 2;

export function predict(step: EncoderStep, opened: WebgpuDevice): Prediction {
  const graph = prepareForDevice(step.graph, opened.profile);
  const plan = planMemory(graph, opened.profile);
  const alignment = opened.device.limits.minUniformBufferOffsetAlignment;
  const overhead = planOverhead([{ graph, plan }], kernelDeviceOf(opened), alignment);
  const { scratchBytes, uniformBytes, readbackBytes } = overhead;
  return { plan, overhead, overheadBytes: scratchBytes + uniformBytes + readbackBytes };
}

/** Runs a step in the executor's three ways of placing tensors. */
export async function measureMemory(step: EncoderStep, opened: WebgpuDevice): Promise<MemoryFigures> {
  const { plan, overhead, overheadBytes } = predict(step, opened);
  const arena = await runSteps(step, opened, { mode: "arena" });
  const poisoned = await runSteps(step, opened, { mode: "arena", poisonFreed: true });
  const perTensor = await runSteps(step, opened, { mode: "bufferPerTensor" });
  return {
    overhead,
    reserved: {
      plannedBytes: plan.peakReservedBytes + overheadBytes,
      measuredBytes: arena.ledger.peakBytes,
    },
    live: {
      plannedBytes: plan.peakLiveBytes + overheadBytes,
      measuredBytes: perTensor.ledger.peakBytes,
    },
    differing: {
      poisoned: differences(poisoned, arena),
      bufferPerTensor: differences(perTensor, arena),
    },
    compared: arena.losses.length + arena.checksums.size,
  };
}

async function runSteps(
  { graph, parameters, roleOf, inputsAt }: EncoderStep,
  opened: WebgpuDevice,
  options: Omit<WebgpuExecutorOptions, "device" | "roleOf">,
): Promise<Trained & { readonly ledger: LedgerReport }> {
  const ledger = attachLedger(opened.device);
  const wait = <T>(work: Promise<T>): Promise<T> => (opened.adapter.isSoftware ? patiently(work) : work);
  try {
    const executor = createWebgpuExecutor({ device: opened, roleOf, ...options });
    const store = await executor.createStore(parameters);
    const program = await executor.compile(graph, store);
    const losses: number[] = [];
    for (let step = 0; step < STEPS; step++) {
      const { loss } = await wait(program.run(inputsAt(step)));
      losses.push(loss?.data[0] as number);
    }
    // Before parameters are read, which takes buffers of its own.
    const report = ledger.report();
    await program.dispose();
    const checksums = new Map<string, string>();
    for (const name of store.names) {
      const values = await store.read(name);
      checksums.set(name, createHash("sha256").update(new Uint8Array(values.buffer)).digest("hex"));
    }
    store.release(store.names);
    return { losses, checksums, ledger: report };
  } finally {
    ledger.detach();
  }
}

function differences(found: Trained, expected: Trained): number {
  const losses = expected.losses.filter((loss, step) => !Object.is(found.losses[step], loss));
  const names = [...expected.checksums].filter(([name, sum]) => found.checksums.get(name) !== sum);
  return losses.length + names.length;
}
