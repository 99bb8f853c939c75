import type { CellSpec, ExecutorKind } from "@peftbench/harness";
import type { AdapterReport } from "@peftbench/runtime";
import { findSoftwareAdapter, reportAdapter } from "@peftbench/runtime";
import { UsageError } from "../options/usageError.ts";
import { oneOf } from "../options/values.ts";

/** What computes the cells of a grid. */
export interface ChosenDevice {
  readonly executor: ExecutorKind;
  readonly adapter: CellSpec["adapter"];
  /** What cells' processes need in their environment to find it. */
  readonly environment: Readonly<Record<string, string>>;
}

/** How adapters are looked for; tests give their own. */
export interface AdapterSearch {
  readonly hardware: () => Promise<AdapterReport>;
  readonly software: () => Promise<AdapterReport | null>;
}

/** Looks for each kind once: it takes a process that tries the driver. */
export function createAdapterSearch(): AdapterSearch {
  let hardware: Promise<AdapterReport> | null = null;
  let software: Promise<AdapterReport | null> | null = null;
  return {
    hardware: () => (hardware ??= reportAdapter("hardware")),
    software: () => (software ??= findSoftwareAdapter()),
  };
}

const deviceOptions = ["auto", "cpu", "webgpu"] as const;
export type DeviceOption = (typeof deviceOptions)[number];

/** What `--device` says. @throws {UsageError} for another word */
export function deviceOption(option: string | undefined): DeviceOption {
  return oneOf("--device", option ?? "auto", deviceOptions);
}

const CPU: ChosenDevice = { executor: "cpu", adapter: null, environment: {} };

/**
 * What `--device` asks for: `auto` takes WebGPU on a GPU and the CPU otherwise, `webgpu` also a software adapter.
 * Says what was chosen, and why.
 * @throws {UsageError} where there is no adapter at all
 */
export async function chooseDevice(
  asked: DeviceOption,
  say: (line: string) => void,
  search: AdapterSearch,
): Promise<ChosenDevice> {
  if (asked === "cpu") return CPU;
  const hardware = await search.hardware();
  if (hardware.works) {
    say(`device: webgpu on ${nameOf(hardware)}`);
    return { executor: "webgpu", adapter: "hardware", environment: hardware.environment };
  }
  if (asked === "auto") {
    say(`device: cpu, as there is no GPU for WebGPU here (\`pnpm bench doctor\` says more)`);
    return CPU;
  }
  const software = await search.software();
  if (software === null) {
    const why = [hardware.problem, hardware.remedy].filter((part) => part !== null).join(" ");
    throw new UsageError(
      `--device: found webgpu, for which there is no adapter here. ${why} Or use --device cpu.`,
    );
  }
  say(
    `device: webgpu on ${nameOf(software)}, a software adapter (${software.speed}): --device cpu is faster`,
  );
  return { executor: "webgpu", adapter: "software", environment: software.environment };
}

/** The adapter that cells on the CPU are probed on: a GPU where there is one, else software; null where there is none. */
export async function findProbeAdapter(search: AdapterSearch): Promise<AdapterReport | null> {
  const hardware = await search.hardware();
  return hardware.works ? hardware : search.software();
}

function nameOf({ adapter, kind }: AdapterReport): string {
  return adapter?.name ?? kind;
}
