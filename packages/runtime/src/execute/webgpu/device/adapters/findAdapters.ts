import { readFile } from "node:fs/promises";
import { RuntimeError } from "../../../../errors.ts";
import type { DeviceProfile } from "../../../../plan/deviceProfile.ts";
import type { AdapterDescription } from "../adapterDescription.ts";
import { installHint } from "../installHints.ts";
import { findLavapipe } from "./lavapipe.ts";
import type { ProbeResult } from "./probe.ts";
import { probeAdapter } from "./probe.ts";
import { softwareAdapterEnvironment } from "./swiftShader.ts";
import type { VisibleGpus } from "./visibleGpus.ts";
import { findVisibleGpus } from "./visibleGpus.ts";

/** A way to an adapter, in order of preference: a GPU, the system's software driver, the software driver from npm. */
export const adapterKinds = ["hardware", "lavapipe", "swiftshader"] as const;
export type AdapterKind = (typeof adapterKinds)[number];

export interface AdapterReport {
  readonly kind: AdapterKind;
  readonly works: boolean;
  readonly adapter: AdapterDescription | null;
  readonly profile: DeviceProfile | null;
  /**
   * What to expect: a GPU is `fast`. Software trains at a tenth of the CPU executor's speed (`slow`, lavapipe) or less
   * (`slowest`, SwiftShader): good for measuring memory and checking answers. Null where it does not work.
   */
  readonly speed: "fast" | "slow" | "slowest" | null;
  /** What the environment of a child process needs so that `openWebgpuDevice` finds this adapter there. */
  readonly environment: Readonly<Record<string, string>>;
  /** Why it does not work, and what to do about it. Null where it works, or where nothing can be done. */
  readonly problem: string | null;
  readonly remedy: string | null;
}

const speeds = { hardware: "fast", lavapipe: "slow", swiftshader: "slowest" } as const;

/** Tries every way to an adapter, each in a child process of its own, one after the other. Takes a few seconds. */
export async function findAdapters(): Promise<AdapterReport[]> {
  const reports: AdapterReport[] = [];
  for (const kind of adapterKinds) reports.push(await reportAdapter(kind));
  return reports;
}

/** The best software adapter that works here, null if none does: the system's, else the one from npm. */
export async function findSoftwareAdapter(): Promise<AdapterReport | null> {
  for (const kind of ["lavapipe", "swiftshader"] as const) {
    const report = await reportAdapter(kind);
    if (report.works) return report;
  }
  return null;
}

/** Tries one way to an adapter in a child process. */
export async function reportAdapter(kind: AdapterKind): Promise<AdapterReport> {
  if (kind === "hardware") {
    const result = await probeAdapter("hardware", {});
    const remedy = result.works ? null : await hardwareRemedy(await findVisibleGpus());
    return makeReport(kind, result, {}, remedy);
  }
  if (kind === "lavapipe") {
    const remedy = await systemHint();
    const icdPath = await findLavapipe();
    if (icdPath === null)
      return makeReport(
        kind,
        { works: false, problem: "Mesa's lavapipe is not installed.", remedy },
        {},
        remedy,
      );
    const environment = { VK_DRIVER_FILES: icdPath, VK_ICD_FILENAMES: icdPath };
    return makeReport(kind, await probeAdapter("software", environment), environment, remedy);
  }
  try {
    const environment = await softwareAdapterEnvironment();
    const result = await probeAdapter("software", environment);
    return makeReport(kind, result, environment, "Install the system's own software driver instead.");
  } catch (error) {
    if (!(error instanceof RuntimeError)) throw error;
    return makeReport(kind, { works: false, problem: error.message, remedy: null }, {}, error.remedy);
  }
}

function makeReport(
  kind: AdapterKind,
  result: ProbeResult,
  environment: Readonly<Record<string, string>>,
  remedy: string | null,
): AdapterReport {
  if (!result.works) {
    // The remedy has a field of its own.
    const problem = result.problem.replace(` ${result.remedy}`, "");
    return { kind, works: false, adapter: null, profile: null, speed: null, environment, problem, remedy };
  }
  const { adapter, profile } = result;
  return {
    kind,
    works: true,
    adapter,
    profile,
    speed: speeds[kind],
    environment,
    problem: null,
    remedy: null,
  };
}

async function hardwareRemedy({ vendors, forbidden }: VisibleGpus): Promise<string> {
  if (forbidden.length > 0)
    return (
      `This user may not open ${forbidden.join(", ")}: run \`sudo usermod --append --groups render,video $USER\` ` +
      "and log in again."
    );
  if (vendors.length > 0 || process.platform !== "linux")
    return `${vendors.length > 0 ? `The system has a GPU of ${vendors.join(" and ")}. ` : ""}${await systemHint()}`;
  return (
    "The system shows no GPU (no /dev/dri/renderD*, no /dev/nvidia*). If the machine has one, it was not passed to " +
    "this container: Docker takes --gpus all (NVIDIA) or --device /dev/dri (others)."
  );
}

async function systemHint(): Promise<string> {
  return installHint(process.platform, await readFile("/etc/os-release", "utf8").catch(() => null));
}
