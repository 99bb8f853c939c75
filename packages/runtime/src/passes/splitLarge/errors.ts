import { formatBytes, RuntimeError } from "../../errors.ts";
import type { TensorSpec } from "../../graph/spec.ts";
import { byteSize, formatSpec } from "../../graph/spec.ts";
import type { DeviceProfile } from "../../plan/deviceProfile.ts";

/** A tensor that one binding of a device cannot show and that cannot be computed in windows either. */
export class CannotSplitError extends RuntimeError {
  /** The op that makes or reads it; null where it is no op's. */
  readonly op: string | null;
  readonly tensor: string;
  readonly bytes: number;
  readonly limitBytes: number;

  constructor(
    op: string | null,
    tensor: TensorSpec & { readonly name: string },
    why: string,
    { name, maxBindingBytes }: DeviceProfile,
  ) {
    const bytes = byteSize(tensor);
    const where = op === null ? "" : `${op}: `;
    super(
      `${where}the tensor ${tensor.name} (${formatSpec(tensor)}, ${formatBytes(bytes)}) exceeds one binding of ${name} ` +
        `(${formatBytes(maxBindingBytes)}) and cannot be split: ${why}`,
      "Lower the batch size or the sequence length, or use a device with larger bindings.",
    );
    this.op = op;
    this.tensor = tensor.name;
    this.bytes = bytes;
    this.limitBytes = maxBindingBytes;
  }
}
