import { bufferUsage } from "./device/constants.ts";
import { captureErrors } from "./device/errorScopes.ts";

/** What holds a tensor: kernels read and write it, copies come and go. */
export const TENSOR_USAGE = bufferUsage.storage | bufferUsage.copySource | bufferUsage.copyDestination;

/**
 * A buffer, once the device has given it.
 * @param label `role:name`, which errors show and a ledger counts by
 * @throws GpuOutOfMemoryError, GpuValidationError
 */
export function createBuffer(
  device: GPUDevice,
  label: string,
  bytes: number,
  usage: GPUBufferUsageFlags,
): Promise<GPUBuffer> {
  return captureErrors(device, `the buffer "${label}"`, bytes, () =>
    device.createBuffer({ label, size: bytes, usage }),
  );
}
