/// <reference types="@webgpu/types" />
import { readFile } from "node:fs/promises";
import type { DeviceProfile } from "../../../plan/deviceProfile.ts";
import type { AdapterDescription } from "./adapterDescription.ts";
import { describeAdapter, isSoftwareAdapter } from "./adapterDescription.ts";
import { dawnInstance } from "./dawn.ts";
import type { DeviceHealth } from "./deviceHealth.ts";
import { watchDevice } from "./deviceHealth.ts";
import { NoAdapterError } from "./errors.ts";
import { installHint } from "./installHints.ts";
import { featuresToRequest, limitsToRequest, profileOf } from "./limits.ts";
import { runtimeGpu } from "./runtimeGpu.ts";

export interface WebgpuDevice {
  readonly device: GPUDevice;
  /** For the memory plan, from the device's real limits. */
  readonly profile: DeviceProfile;
  readonly adapter: AdapterDescription;
  /** What went wrong on the device outside any call: ask it after waiting for the device. */
  readonly health: DeviceHealth;
  /** Destroys the device and lets go of the driver, so that the process can end by itself. May be called twice. */
  dispose(): Promise<void>;
}

export interface OpenDeviceOptions {
  /** `hardware` and `software` refuse the other kind; `any` takes what the system puts first. */
  readonly adapter: "hardware" | "software" | "any";
  /** Clamp every index in shaders (the default). Only Dawn can leave it out; elsewhere this is without effect. */
  readonly robustness?: boolean;
  /** npm's Dawn (the default), or the WebGPU that the runtime brings (`navigator.gpu`; Deno has one). */
  readonly implementation?: "dawn" | "runtime";
  /** A WebGPU of the caller's, in place of either. */
  readonly gpu?: GPU;
}

/**
 * Opens a device with all the memory its adapter allows and those optional features it has.
 * A software adapter is found only if the process was started with `softwareAdapterEnvironment()` or the system has one.
 * @throws NoAdapterError, with the commands that install an adapter on this system, or if the runtime has no WebGPU
 */
export async function openWebgpuDevice(options: OpenDeviceOptions): Promise<WebgpuDevice> {
  const robustness = options.robustness ?? true;
  const implementation = options.implementation ?? "dawn";
  const backend = options.gpu === undefined ? implementation : "given";
  const gpu = options.gpu ?? (implementation === "dawn" ? await dawnInstance(robustness) : runtimeGpu());
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  const found = adapter === null ? null : isSoftwareAdapter(adapter.info) ? "software" : "hardware";
  if (adapter === null || (options.adapter !== "any" && options.adapter !== found)) {
    const osRelease = await readFile("/etc/os-release", "utf8").catch(() => null);
    throw new NoAdapterError(
      options.adapter === "any" ? "any adapter" : `a ${options.adapter} adapter`,
      adapter === null ? "none" : `the ${found} adapter "${adapter.info.description}"`,
      installHint(process.platform, osRelease),
    );
  }
  const device = await adapter.requestDevice({
    requiredFeatures: featuresToRequest(adapter.features),
    requiredLimits: limitsToRequest(adapter.limits),
  });
  const features = [...device.features].filter((name) => name !== "core-features-and-limits");
  const description = describeAdapter(
    adapter.info,
    features,
    backend,
    backend === "dawn" ? robustness : null,
  );
  const health = watchDevice(device, description.name, description.isSoftware);
  return {
    device,
    profile: profileOf(device, description.name),
    adapter: description,
    health,
    async dispose() {
      health.expectLoss();
      device.destroy();
      await device.lost;
    },
  };
}
