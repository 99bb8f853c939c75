/**
 * What training steps really take of a software adapter's memory, which is this process's own: resident bytes before
 * anything is made on the device, and after two steps, so that every page was touched. Runs in a process of its own
 * (`measureMemory.ts` starts it) and writes one line of JSON. Linux only.
 *
 * The process as a whole grows by compiled pipelines and the JavaScript heap too. Lavapipe maps the device's memory from
 * a file in memory, so those mappings show the device's part alone.
 */
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import type { SavePolicy } from "@peftbench/runtime";
import { createWebgpuExecutor, openWebgpuDevice, patiently } from "@peftbench/runtime";
import type { EncoderName, MeasuredMethod } from "./encoderSteps.ts";
import { encoderStep } from "./encoderSteps.ts";
import { predict } from "./planAgainstLedger.ts";

/** What the kernel says of this process, in bytes. */
interface Resident {
  readonly rssBytes: number;
  /** Each shared page in parts, one for each process that has it. */
  readonly pssBytes: number;
  /** Resident pages of the device's memory; null where they cannot be told from others. */
  readonly deviceBytes: number | null;
  /** Of these, mappings of a single page. Lavapipe takes one for each descriptor set, Dawn a pool of sets a layout. */
  readonly onePageBytes: number;
}

const STEPS = 2;

async function resident(): Promise<Resident> {
  // Node's own heap would grow and shrink in between. Absent without --expose-gc.
  const { gc } = globalThis as { gc?: () => void };
  gc?.();
  gc?.();
  const bytes = (text: string, name: string): number =>
    1024 * Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? Number.NaN);
  const whole = await readFile("/proc/self/smaps_rollup", "utf8");
  const mappings = (await readFile("/proc/self/smaps", "utf8")).split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m);
  const device = mappings.filter((mapping) => mapping.includes("/memfd:allocation fd"));
  const deviceBytes = device.reduce((sum, mapping) => sum + bytes(mapping, "Rss"), 0);
  return {
    rssBytes: bytes(whole, "Rss"),
    pssBytes: bytes(whole, "Pss"),
    deviceBytes: device.length === 0 ? null : deviceBytes,
    onePageBytes: device.filter((mapping) => bytes(mapping, "Size") === 4096).length * 4096,
  };
}

const { values } = parseArgs({
  options: {
    encoder: { type: "string", default: "minilm" },
    method: { type: "string", default: "lora" },
    policy: { type: "string", default: "eager" },
    weights: { type: "string", default: "f32" },
    rows: { type: "string", default: "32" },
    length: { type: "string", default: "32" },
  },
});
const step = encoderStep({
  encoder: values.encoder as EncoderName,
  method: values.method as MeasuredMethod,
  savePolicy: values.policy as SavePolicy,
  weights: values.weights as "f32" | "f16",
  batch: { rows: Number(values.rows), length: Number(values.length) },
});
const opened = await openWebgpuDevice({ adapter: "software" });
const { plan, overheadBytes } = predict(step, opened);
const executor = createWebgpuExecutor({ device: opened, roleOf: step.roleOf });

/** Dawn lets go of staging and of destroyed buffers when it next looks at what the queue has done. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) {
    opened.device.queue.submit([]);
    await patiently(opened.device.queue.onSubmittedWorkDone());
  }
}

const start = await resident();
const store = await executor.createStore(step.parameters);
await settle();
const withParameters = await resident();
const program = await executor.compile(step.graph, store);
await settle();
const compiled = await resident();
for (let index = 0; index < STEPS; index++) await patiently(program.run(step.inputsAt(index)));
await settle();
const running = await resident();
await program.dispose();
store.release(store.names);
await settle();
const end = await resident();
const reservedBytes = plan.peakReservedBytes + overheadBytes;
const parameterBytes = plan.peakReservedBytes - plan.arenaBytes;
const deviceBytes = running.deviceBytes === null ? null : running.deviceBytes - (start.deviceBytes ?? 0);
console.log(
  JSON.stringify({
    adapter: opened.adapter.driver,
    reservedBytes,
    parameterBytes,
    /** Increase of the device's mappings, and what it is of the reserved bytes. */
    deviceBytes,
    deviceRatio: deviceBytes === null ? null : deviceBytes / reservedBytes,
    /** In descriptor sets: part of `deviceBytes`, in no plan, the same for small and large models. */
    descriptorSetBytes: running.onePageBytes - start.onePageBytes,
    /** Increase of the whole process: pipelines and heap included. */
    processRssBytes: running.rssBytes - start.rssBytes,
    processPssBytes: running.pssBytes - start.pssBytes,
    processRatio: (running.rssBytes - start.rssBytes) / reservedBytes,
    moments: { start, withParameters, compiled, running, end },
  }),
);
await opened.dispose();
