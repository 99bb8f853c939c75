import { execFile } from "node:child_process";
import { arch, availableParallelism, cpus, freemem, platform, release, totalmem } from "node:os";
import { resolve } from "node:path";
import { promisify } from "node:util";
import type { RuntimeName } from "@peftbench/harness";
import { currentRuntime, findRuntime, readSourceState, writeFileAtomic } from "@peftbench/harness";
import type { AdapterReport } from "@peftbench/runtime";
import { createCpuExecutor, findAdapters } from "@peftbench/runtime";
import type { Command } from "../command.ts";
import type { CheckedSettings } from "../doctor/settings.ts";
import { checkSettings } from "../doctor/settings.ts";
import { selfTestBest } from "../selftest/selfTestBest.ts";
import { formatTable } from "../table.ts";

/** `pnpm bench doctor`: what this machine has, and what to install. */
export const doctor: Command = {
  name: "doctor",
  description: "Says what this machine can do, and what is missing",
  example: "pnpm bench doctor --selftest",
  options: {
    selftest: {
      type: "boolean",
      description: "Check ops, training and kernels on the best WebGPU adapter; writes one file to send back",
    },
    out: {
      type: "string",
      valueHint: "file",
      description: "Where the self-test's file goes; peftbench-selftest.json where absent",
    },
  },
  run: async (options, context) => {
    const runtimes = await Promise.all(
      (["deno", "node", "bun"] as const).map(async (name) => ({
        name,
        version: await versionOf(name, context.projectFolder),
      })),
    );
    const cpuExecutor = await describeCpuExecutor();
    const gpuAdapters = await findAdapters();
    const { data, hub, problems: wrongSettings } = await checkSettings(context.environment);
    const problems = [
      ...(cpuExecutor.available ? [] : [`The CPU executor does not start: ${cpuExecutor.problem}`]),
      ...wrongSettings,
    ];
    const document = {
      running: currentRuntime(),
      runtimes,
      machine: {
        os: `${platform()} ${release()} ${arch()}`,
        cpuModel: cpus()[0]?.model.trim() ?? null,
        threads: availableParallelism(),
        memoryTotalBytes: totalmem(),
        memoryFreeBytes: freemem(),
      },
      cpuExecutor,
      gpuAdapters,
      data,
      hub,
      sources: await readSourceState(context.projectFolder),
      /** A sentence for each thing that is wrong: the status is 1 where there is any. */
      problems,
    };
    const { machine, sources } = document;
    const rows = [
      ["running under", `${document.running.name} ${document.running.version}`],
      ...runtimes.map(({ name, version }) => [name, version ?? "missing; `pnpm install` brings it"]),
      ["system", machine.os],
      ["processor", `${machine.cpuModel ?? "unknown"}, ${machine.threads} threads`],
      [
        "memory",
        `${gibibytes(machine.memoryTotalBytes)}, of which ${gibibytes(machine.memoryFreeBytes)} free`,
      ],
      ["CPU executor", cpuExecutor.available ? cpuExecutor.description : `missing: ${cpuExecutor.problem}`],
      ...gpuAdapters.flatMap(adapterRows),
      ["--device auto", deviceOf(gpuAdapters)],
      ["data", dataLine(data)],
      ["Hugging Face hub", hubLine(hub)],
      [
        "sources",
        sources === null
          ? "no git"
          : `${sources.commit.slice(0, 12)}${sources.dirty ? ", changed since" : ""}`,
      ],
    ];
    const table = [formatTable(["", ""], rows).trimStart(), ...problems].join("\n");
    if (!options.flag("selftest")) return { exitCode: problems.length === 0 ? 0 : 1, document, text: table };
    const selfTest = await selfTestBest(gpuAdapters, context);
    const file = resolve(options.text("out") ?? "peftbench-selftest.json");
    await writeFileAtomic(file, `${JSON.stringify({ ...document, selfTest: selfTest.report }, null, 2)}\n`);
    return {
      exitCode: selfTest.passed && problems.length === 0 ? 0 : 1,
      document: {
        ...document,
        problems: selfTest.passed ? problems : [...problems, "The self-test failed; selfTest has all of it."],
        selfTest: selfTest.report,
        file,
      },
      text: `${table}\n\n${selfTest.summary}\nAll of it: ${file}`,
    };
  },
};

function dataLine(data: CheckedSettings["data"]): string {
  if (data === null) return "PEFTBENCH_DATA is not set; pass --data <folder>";
  return data.tasks.length === 0 ? data.source : `${data.source} (${data.tasks.join(", ")})`;
}

function hubLine(hub: CheckedSettings["hub"]): string {
  if (hub === null) return "settings that cannot be used";
  const token = hub.hasToken ? "HF_TOKEN is set" : "without a token";
  return `${hub.endpoint}, ${token}${hub.offline ? ", offline" : ""} (not asked)`;
}

/** What `--device auto` takes here. */
function deviceOf(reports: readonly AdapterReport[]): string {
  const working = reports.find(({ works }) => works);
  if (working === undefined) return "the CPU; memory is planned, not measured, without a WebGPU adapter";
  return working.kind === "hardware"
    ? "WebGPU on the GPU"
    : `the CPU; a probe on ${working.adapter?.name ?? working.kind} measures memory`;
}

async function versionOf(name: RuntimeName, projectFolder: string): Promise<string | null> {
  const running = currentRuntime();
  if (running.name === name) return running.version;
  const program = findRuntime(name, projectFolder);
  if (program === null) return null;
  try {
    const { stdout } = await promisify(execFile)(program, ["--version"]);
    return /\d+\.\d+\.\d+\S*/.exec(stdout)?.[0] ?? null;
  } catch {
    return null;
  }
}

async function describeCpuExecutor(): Promise<
  | { readonly available: true; readonly description: string }
  | { readonly available: false; readonly problem: string }
> {
  try {
    const executor = createCpuExecutor({ threads: 1 });
    const { description } = executor;
    await executor.dispose();
    return { available: true, description };
  } catch (error) {
    return { available: false, problem: error instanceof Error ? error.message : String(error) };
  }
}

/** What a way to an adapter is called here. */
const ADAPTER_TITLES: Readonly<Record<AdapterReport["kind"], string>> = {
  hardware: "GPU",
  lavapipe: "software adapter (Mesa lavapipe)",
  swiftshader: "software adapter (SwiftShader from npm)",
};

function adapterRows(report: AdapterReport): readonly (readonly [string, string])[] {
  const title = ADAPTER_TITLES[report.kind];
  if (report.works) return [[title, `${report.adapter?.name ?? "works"} (${report.speed})`]];
  return [[title, [report.problem ?? "does not work", report.remedy ?? ""].join(" ").trim()]];
}

function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}
