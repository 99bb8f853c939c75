import { RuntimeError } from "../../../errors.ts";
import { errorOf } from "./errorScopes.ts";
import { DeviceLostError, GpuValidationError } from "./errors.ts";
import { patiently } from "./patiently.ts";

/** How long a loss may stay unreported after work has failed of it: some drivers tell of the work first. */
const LOSS_REPORT_MS = 500;

/** WebGPU reports most faults beside the call that caused them. This keeps the first, until somebody asks. */
export interface DeviceHealth {
  /** @throws DeviceLostError, GpuValidationError or GpuOutOfMemoryError: the first fault since the device was opened. */
  check(): void;
  /**
   * Waits for `work`, but not for longer than the device lives: work on a lost device may never end.
   * @throws what `check` throws, before `work`'s own error, which is mostly a consequence.
   */
  guard<T>(work: Promise<T>): Promise<T>;
  /** From now on losing the device is no fault. */
  expectLoss(): void;
}

/** @param isSoftware the device computes on this machine's cores: waiting for it then leaves them alone */
export function watchDevice(device: GPUDevice, adapterName: string, isSoftware: boolean): DeviceHealth {
  let fault: Error | null = null;
  let isLossExpected = false;
  const lost = device.lost.then((info) => {
    const error = new DeviceLostError(info.reason ?? "unknown", info.message, adapterName);
    if (!isLossExpected) fault ??= error;
    return error;
  });
  device.addEventListener("uncapturederror", (event) => {
    // Or the runtime prints it as well.
    event.preventDefault();
    fault ??= errorOf(event.error, "a call", 0);
  });
  const check = (): void => {
    if (fault !== null) throw fault;
  };
  return {
    check,
    async guard(work) {
      // `work` may lose the race and fail later, with nobody listening.
      work.catch(() => undefined);
      try {
        const race = Promise.race([work.then((value) => ({ value })), lost]);
        const first = await (isSoftware ? patiently(race) : race);
        check();
        if (first instanceof DeviceLostError) throw first;
        return first.value;
      } catch (error) {
        check();
        if (error instanceof RuntimeError && !(error instanceof GpuValidationError)) throw error;
        const loss = await within(LOSS_REPORT_MS, lost);
        check();
        throw loss ?? error;
      }
    },
    expectLoss() {
      isLossExpected = true;
    },
  };
}

/** What the promise gives, or null if it gives nothing for so long. */
async function within<T>(milliseconds: number, promise: Promise<T>): Promise<T | null> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const expired = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), milliseconds);
  });
  try {
    return await Promise.race([promise, expired]);
  } finally {
    clearTimeout(timer);
  }
}
