import { formatBytes, RuntimeError } from "../../errors.ts";
import type { DeviceProfile } from "../../plan/deviceProfile.ts";

/** A tensor that one storage binding of the device cannot show. */
export class BindingLimitError extends RuntimeError {
  readonly tensor: string;
  readonly bytes: number;
  readonly limitBytes: number;

  constructor(tensor: string, bytes: number, { name, maxBindingBytes }: DeviceProfile) {
    super(
      `The tensor ${tensor} takes ${formatBytes(bytes)}; one binding of ${name} shows ${formatBytes(maxBindingBytes)} ` +
        "(maxStorageBufferBindingSize).",
      "Lower the batch size or the sequence length, or use a device with larger bindings.",
    );
    this.tensor = tensor;
    this.bytes = bytes;
    this.limitBytes = maxBindingBytes;
  }
}
