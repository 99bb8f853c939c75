import { OutOfMemoryError } from "../../../errors.ts";
import { DeviceLostError, GpuValidationError } from "./errors.ts";

/** WebGPU reports most faults beside the call that caused them. This keeps the first, until somebody asks. */
export interface DeviceHealth {
  /** @throws DeviceLostError, GpuValidationError or OutOfMemoryError: the first fault since the device was opened. */
  check(): void;
  /**
   * Waits for `work`, but not for longer than the device lives: work on a lost device may never end.
   * @throws what `check` throws, before `work`'s own error, which is mostly a consequence.
   */
  guard<T>(work: Promise<T>): Promise<T>;
  /** From now on losing the device is no fault. */
  expectLoss(): void;
}

export function watchDevice(device: GPUDevice, adapterName: string): DeviceHealth {
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
    fault ??= errorOf(event.error, "a call");
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
        const first = await Promise.race([work.then((value) => ({ value })), lost]);
        check();
        if (first instanceof DeviceLostError) throw first;
        return first.value;
      } catch (error) {
        check();
        throw error;
      }
    },
    expectLoss() {
      isLossExpected = true;
    },
  };
}

/** The runtime's error for one of WebGPU's. `doing` completes "WebGPU refused ...". */
export function errorOf(error: GPUError, doing: string): Error {
  return error.constructor.name === "GPUOutOfMemoryError"
    ? new OutOfMemoryError(
        `The device: ${error.message.trim()} It`,
        0,
        null,
        "Use a smaller batch or length.",
      )
    : new GpuValidationError(doing, error.message);
}
