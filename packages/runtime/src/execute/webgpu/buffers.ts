import { bufferUsage } from "./device/constants.ts";
import { captureErrors } from "./device/errorScopes.ts";

/** What holds a tensor: kernels read and write it, copies come and go. */
export const TENSOR_USAGE = bufferUsage.storage | bufferUsage.copySource | bufferUsage.copyDestination;

/**
 * A buffer, once the device has given it.
 * @param label `role:name`, which errors show and a ledger counts by
 * @throws GpuOutOfMemoryError, GpuValidationError
 */
export async function createBuffer(
  device: GPUDevice,
  label: string,
  bytes: number,
  usage: GPUBufferUsageFlags,
): Promise<GPUBuffer> {
  let made: GPUBuffer | undefined;
  try {
    return await captureErrors(device, `the buffer "${label}"`, bytes, () => {
      made = device.createBuffer({ label, size: bytes, usage });
      return made;
    });
  } catch (error) {
    // A refused buffer takes no memory, but a ledger counts it until it is destroyed.
    made?.destroy();
    throw error;
  }
}

/** Waits for all; where one fails, those that were made are destroyed again. */
export async function allOrNone<Made extends readonly { destroy(): void }[]>(
  promises: readonly [...{ [Index in keyof Made]: Promise<Made[Index]> }],
): Promise<Made> {
  const settled = await Promise.allSettled(promises);
  if (settled.some(({ status }) => status === "rejected")) {
    for (const result of settled) if (result.status === "fulfilled") result.value.destroy();
  }
  return (await Promise.all(promises)) as unknown as Made;
}
