/**
 * WebGPU held against float64 (the op suite) and against PyTorch (forward, gradients, thirty training steps), on each
 * adapter, with clamped and unclamped shaders and with frozen weights in f32 and f16. Writes `parity.json`, `parity.md`.
 *
 *   tsx benchmarks/webgpu/measureParity.ts --out FOLDER [--adapters swiftshader,system]
 *
 * `system` is the adapter that the system puts first, or that `VK_DRIVER_FILES` names; `swiftshader` is npm's.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { writeFileAtomic } from "@peftbench/harness";
import { createWebgpuExecutor, openWebgpuDevice, softwareAdapterEnvironment } from "@peftbench/runtime";
import type { SelfTestReport } from "@peftbench/runtime/selftest";
import { runSelfTest } from "@peftbench/runtime/selftest";
import type { BertDifferences, HalfBertDifferences, HalfTraining, TrainingCase } from "./parity.ts";
import { bertBesidePytorch, bertOnHalves, trainingBesidePytorch, trainingOnHalves } from "./parity.ts";
import type { Provenance } from "./provenance.ts";
import { provenanceOf } from "./provenance.ts";

interface ParityReport extends Provenance {
  readonly robustness: boolean;
  readonly supportsF16: boolean;
  readonly ops: SelfTestReport["ops"];
  readonly bert: readonly BertDifferences[];
  readonly training: readonly TrainingCase[];
  /** What the executor says of f16 where the adapter does not have it. */
  readonly halves:
    | { readonly bert: readonly HalfBertDifferences[]; readonly training: HalfTraining }
    | { readonly refused: string };
}

async function measure(robustness: boolean): Promise<ParityReport> {
  const opened = await openWebgpuDevice({ adapter: "any", robustness });
  const provenance = await provenanceOf(opened.adapter);
  const say = (line: string): void =>
    console.error(`${opened.adapter.name}, robustness ${robustness}: ${line}`);
  const { ops } = await runSelfTest(opened, { nowMs: () => performance.now(), benchmark: false, say });
  const executor = createWebgpuExecutor({ device: opened });
  const bert = await bertBesidePytorch(executor);
  say("BERT beside PyTorch");
  const training = await trainingBesidePytorch(executor);
  say("training beside PyTorch");
  const { supportsF16 } = opened.profile;
  const halves = supportsF16
    ? { bert: await bertOnHalves(executor), training: await trainingOnHalves(executor) }
    : { refused: await refusal(() => bertOnHalves(executor)) };
  say("f16");
  await opened.dispose();
  return { ...provenance, robustness, supportsF16, ops, bert, training, halves };
}

async function refusal(attempt: () => Promise<unknown>): Promise<string> {
  try {
    await attempt();
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
  throw new Error("The adapter has no f16, yet nothing refused it.");
}

async function measureInChild(adapter: string, robustness: boolean): Promise<ParityReport> {
  const environment = adapter === "swiftshader" ? await softwareAdapterEnvironment() : {};
  const child = spawn(
    process.execPath,
    // The runtime's own flags too: they are what makes it read TypeScript.
    [...process.execArgv, fileURLToPath(import.meta.url), "--robustness", robustness ? "on" : "off"],
    { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, ...environment } },
  );
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, "exit")]);
  if (code !== 0) throw new Error(`The process for ${adapter} ended with ${code}.`);
  const line = output.split("\n").find((candidate) => candidate.startsWith("{"));
  return JSON.parse(line ?? "") as ParityReport;
}

function tableOf(reports: readonly ParityReport[]): string {
  const largest = (values: readonly number[]): string => Math.max(...values).toExponential(1);
  const rows = reports.map(({ driver, robustness, ops, bert, training, halves }) => [
    driver,
    robustness ? "on" : "off",
    `${ops.passed} of ${ops.passed + ops.failures.length} (${ops.ops} ops)`,
    largest(bert.map(({ forward }) => forward)),
    largest(bert.map(({ gradients }) => gradients)),
    ...["lora", "full"].map((method) => {
      const own = training.filter((found) => found.method === method);
      const [equal, count] = [sum(own, "equal"), sum(own, "count")];
      return `${largest(own.map(({ loss }) => loss))}; ${largest(own.map(({ values }) => values))}; ${equal} of ${count}`;
    }),
    "refused" in halves
      ? "refused by name"
      : `${largest(halves.bert.flatMap(({ fromRounded }) => [fromRounded.forward, fromRounded.gradients]))}; ` +
        halves.training.lossFromRounded.toExponential(1),
    "refused" in halves
      ? "-"
      : `${largest(halves.bert.flatMap(({ fromFull }) => [fromFull.forward, fromFull.gradients]))}; ` +
        halves.training.lossFromFull.toExponential(1),
  ]);
  const header = [
    "driver",
    "robustness",
    "op suite, checks passed",
    "forward",
    "gradients",
    "30 steps of LoRA: loss; trained values; equal predictions",
    "30 steps of full",
    "f16 beside rounded weights: BERT; loss over 30 steps",
    "f16 beside full weights",
  ];
  return [header, header.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function sum(cases: readonly TrainingCase[], key: "equal" | "count"): number {
  return cases.reduce((total, { predictions }) => total + predictions[key], 0);
}

const { values } = parseArgs({
  options: {
    out: { type: "string" },
    adapters: { type: "string", default: "swiftshader,system" },
    /** Of the processes that this one starts. */
    robustness: { type: "string" },
  },
});
const { out, adapters, robustness } = values;
if (robustness !== undefined) {
  console.log(JSON.stringify(await measure(robustness === "on")));
} else if (out === undefined) {
  console.error("usage: measureParity.ts --out FOLDER [--adapters swiftshader,system]");
  process.exitCode = 2;
} else {
  const reports: ParityReport[] = [];
  for (const adapter of adapters.split(",")) {
    for (const clamps of [true, false]) reports.push(await measureInChild(adapter, clamps));
  }
  await mkdir(out, { recursive: true });
  await writeFileAtomic(join(out, "parity.json"), `${JSON.stringify(reports, null, 2)}\n`);
  const [first] = reports;
  const heading = `Largest differences: absolute, of losses relative. ${first?.runtime}, commit ${first?.commit}, ${first?.date}.`;
  await writeFileAtomic(join(out, "parity.md"), `${heading}\n\n${tableOf(reports)}\n`);
}
