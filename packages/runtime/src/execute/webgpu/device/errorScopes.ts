import { GpuOutOfMemoryError, GpuValidationError } from "./errors.ts";

/** The runtime's error for one of WebGPU's. `doing` completes "WebGPU refused ...". */
export function errorOf(error: GPUError, doing: string, requestedBytes: number): Error {
  // By name: the classes are globals in some runtimes and not in others.
  return error.constructor.name === "GPUOutOfMemoryError"
    ? new GpuOutOfMemoryError(doing, requestedBytes, error.message)
    : new GpuValidationError(doing, error.message);
}

/**
 * Makes something on the device and waits until the device has accepted it.
 * @param doing what `make` does, as "the buffer of layer.0.weight": for the message
 * @param requestedBytes what `make` allocates, 0 if nothing
 * @throws GpuValidationError, GpuOutOfMemoryError
 */
export async function captureErrors<T>(
  device: GPUDevice,
  doing: string,
  requestedBytes: number,
  make: () => T,
): Promise<T> {
  const filters = ["internal", "out-of-memory", "validation"] as const;
  for (const filter of filters) device.pushErrorScope(filter);
  const pop = (): Promise<(GPUError | null)[]> => Promise.all(filters.map(() => device.popErrorScope()));
  let made: T;
  try {
    made = make();
  } catch (error) {
    await pop();
    // Dawn throws where a number does not fit the type of an argument, as a size beyond 2^53.
    throw error instanceof TypeError || error instanceof RangeError
      ? new GpuValidationError(doing, error.message)
      : error;
  }
  const [first] = (await pop()).filter((error) => error !== null);
  if (first !== undefined) throw errorOf(first, doing, requestedBytes);
  return made;
}
