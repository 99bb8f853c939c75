import { NoAdapterError } from "../device/errors.ts";
import type { WebgpuDevice } from "../device/openDevice.ts";
import { openWebgpuDevice } from "../device/openDevice.ts";

/** Name of the suites that need a device; says why they are skipped. */
export const NEEDS_ADAPTER = "on a WebGPU adapter (skipped where this process finds none)";

/** The device that tests run on, any adapter that the process finds; null where it finds none. */
export async function openTestDevice(): Promise<WebgpuDevice | null> {
  try {
    return await openWebgpuDevice({ adapter: "any" });
  } catch (error) {
    if (error instanceof NoAdapterError) return null;
    throw error;
  }
}
