/**
 * The memory plan of training steps held against the device, four ways, for encoder x method x save policy x batch:
 * reserved bytes of the arena, live bytes with a buffer a tensor, results with freed ranges poisoned, and what the
 * process of the software adapter really has in memory. Writes `memory.json` and `memory.md`.
 *
 *   tsx benchmarks/webgpu/measureMemory.ts --out FOLDER [--encoder minilm]
 *
 * The adapter is the one that the system puts first, or that `VK_DRIVER_FILES` names. The fourth needs Node and Linux.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { writeFileAtomic } from "@peftbench/harness";
import { openWebgpuDevice, savePolicies } from "@peftbench/runtime";
import type { EncoderName, MeasuredMethod, StepCase } from "./encoderSteps.ts";
import { batchShapes, encoderStep, encoders, methodConfigs } from "./encoderSteps.ts";
import type { MemoryFigures } from "./planAgainstLedger.ts";
import { measureMemory } from "./planAgainstLedger.ts";
import { provenanceOf } from "./provenance.ts";

/** What `residentMemory.ts` writes. */
interface ResidentFigures {
  readonly reservedBytes: number;
  readonly deviceBytes: number | null;
  readonly deviceRatio: number | null;
  readonly descriptorSetBytes: number;
  readonly processRssBytes: number;
  readonly processPssBytes: number;
  readonly processRatio: number;
}

interface MeasuredCase extends Omit<StepCase, "batch">, MemoryFigures {
  readonly rows: number;
  readonly length: number;
  readonly resident: ResidentFigures | null;
}

function casesOf(encoder: EncoderName, supportsF16: boolean): readonly StepCase[] {
  return (Object.keys(methodConfigs) as MeasuredMethod[]).flatMap((method) =>
    savePolicies.flatMap((savePolicy) =>
      batchShapes[encoder].flatMap((batch): StepCase[] => {
        const common = { encoder, method, savePolicy, batch };
        // Full fine-tuning has no frozen weights to store otherwise.
        const half = method !== "full" && supportsF16;
        return [{ ...common, weights: "f32" }, ...(half ? [{ ...common, weights: "f16" } as const] : [])];
      }),
    ),
  );
}

async function residentOf(step: StepCase): Promise<ResidentFigures | null> {
  // Of other systems' and runtimes' tools for it, none is used here.
  if (process.platform !== "linux" || "deno" in process.versions || "bun" in process.versions) return null;
  const program = fileURLToPath(new URL("residentMemory.ts", import.meta.url));
  const { encoder, method, savePolicy, weights, batch } = step;
  const options = { encoder, method, policy: savePolicy, weights, rows: batch.rows, length: batch.length };
  const child = spawn(
    process.execPath,
    [
      "--expose-gc",
      ...process.execArgv,
      program,
      ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]),
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, "exit")]);
  if (code !== 0) throw new Error(`residentMemory.ts ended with ${code}.`);
  const line = output.split("\n").find((candidate) => candidate.startsWith("{"));
  return JSON.parse(line ?? "") as ResidentFigures;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(2);
}

function tableOf(cases: readonly MeasuredCase[]): string {
  const rows = cases.map((found) => {
    const { reserved, live, differing, compared, resident } = found;
    const unequal = ({ plannedBytes, measuredBytes }: MemoryFigures["live"]): string =>
      measuredBytes === plannedBytes ? "equal" : `${measuredBytes - plannedBytes} bytes off`;
    const differ = differing.poisoned + differing.bufferPerTensor;
    return [
      `${found.method}, ${found.weights}`,
      found.savePolicy,
      `${found.rows} x ${found.length}`,
      `${megabytes(reserved.plannedBytes)} (${unequal(reserved)})`,
      `${megabytes(live.plannedBytes)} (${unequal(live)})`,
      `${differ} of ${2 * compared}`,
      resident === null || resident.deviceBytes === null
        ? "not told apart"
        : `${megabytes(resident.deviceBytes)} (${percent(resident.deviceRatio)}; descriptor sets ${megabytes(resident.descriptorSetBytes)})`,
      resident === null ? "-" : `${megabytes(resident.processRssBytes)} (${percent(resident.processRatio)})`,
    ];
  });
  const header = [
    "method, frozen weights",
    "save policy",
    "batch",
    "reserved, planned (ledger)",
    "live peak, planned (ledger)",
    "differ when poisoned or apart",
    "resident, device's mappings (beyond reserved)",
    "resident, whole process",
  ];
  return [header, header.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** What a ratio is beyond 1. */
function percent(ratio: number | null): string {
  return ratio === null ? "-" : `${ratio < 1 ? "" : "+"}${(100 * (ratio - 1)).toFixed(1)} %`;
}

const { values } = parseArgs({
  options: { out: { type: "string" }, encoder: { type: "string", default: "minilm" } },
});
const { out, encoder } = values;
if (out === undefined || !(encoder in encoders)) {
  console.error("usage: measureMemory.ts --out FOLDER [--encoder minilm|tiny]");
  process.exit(2);
}
await mkdir(out, { recursive: true });
const opened = await openWebgpuDevice({ adapter: "any" });
const provenance = await provenanceOf(opened.adapter);
const cases: MeasuredCase[] = [];
for (const found of casesOf(encoder as EncoderName, opened.profile.supportsF16)) {
  const { batch, ...rest } = found;
  console.error(`${rest.method}, ${rest.weights}, ${rest.savePolicy}, ${batch.rows} x ${batch.length} ...`);
  const figures = await measureMemory(encoderStep(found), opened);
  cases.push({ ...rest, ...batch, ...figures, resident: await residentOf(found) });
}
await opened.dispose();
await writeFileAtomic(join(out, "memory.json"), `${JSON.stringify({ ...provenance, cases }, null, 2)}\n`);
const heading = `MB (10^6 bytes). ${provenance.driver}, ${provenance.runtime}, commit ${provenance.commit}, ${provenance.date}.`;
await writeFileAtomic(join(out, "memory.md"), `${heading}\n\n${tableOf(cases)}\n`);
