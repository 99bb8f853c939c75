import { OutOfMemoryError, RuntimeError } from "../../../errors.ts";

/** No adapter of the kind that was asked for. The remedy holds the commands that install one on this system. */
export class NoAdapterError extends RuntimeError {
  readonly lookedFor: string;

  constructor(lookedFor: string, found: string, remedy: string) {
    super(`No WebGPU adapter: looked for ${lookedFor}, found ${found}.`, remedy);
    this.lookedFor = lookedFor;
  }
}

/** The device is gone, and every buffer on it. `reason` and the message are the driver's. */
export class DeviceLostError extends RuntimeError {
  readonly reason: string;

  constructor(reason: string, driverMessage: string, adapterName: string) {
    super(
      `The WebGPU device "${adapterName}" was lost (${reason}): ${driverMessage.trim() || "no message from the driver"}.`,
      reason === "destroyed"
        ? "It was disposed while still in use: await what runs before disposing the device."
        : "Most often memory ran out or the driver's watchdog fired: use smaller batches or lengths, close other " +
            "programs that use the GPU, and start the run again; it resumes from its last checkpoint.",
    );
    this.reason = reason;
  }
}

/** A message of the WGSL compiler, with its place in the source (both from 1; 0 where the compiler gives none). */
export interface ShaderMessage {
  readonly severity: string;
  readonly line: number;
  readonly column: number;
  readonly text: string;
}

/** WGSL that the device refused. Names the op it was generated for, and keeps the whole source. */
export class ShaderCompileError extends RuntimeError {
  readonly op: string;
  readonly wgsl: string;
  readonly messages: readonly ShaderMessage[];

  constructor(op: string, wgsl: string, messages: readonly ShaderMessage[]) {
    const lines = wgsl.split("\n");
    const listing = messages.map(({ severity, line, column, text }) => {
      const source = lines[line - 1];
      return `${line}:${column} ${severity}: ${text.trim()}${source === undefined ? "" : `\n    ${source.trim()}`}`;
    });
    super(
      `The kernel of "${op}" does not compile:\n${listing.join("\n")}\n`,
      "This is a fault of the kernel or of the adapter's compiler; the error's `wgsl` holds the whole source.",
    );
    this.op = op;
    this.wgsl = wgsl;
    this.messages = messages;
  }
}

/** A call that WebGPU's validation refused, or that failed inside the driver. Always a fault of the caller's code. */
export class GpuValidationError extends RuntimeError {
  readonly doing: string;

  constructor(doing: string, driverMessage: string) {
    super(
      `WebGPU refused ${doing}: ${withoutFrames(driverMessage)}\n`,
      "This is a fault of the executor: please report it with this message and the output of `doctor`.",
    );
    this.doing = doing;
  }
}

/** The device has no room for a buffer. `requestedBytes` is 0 where only the driver knows what it was for. */
export class GpuOutOfMemoryError extends OutOfMemoryError {
  constructor(doing: string, requestedBytes: number, driverMessage: string) {
    super(
      `On the WebGPU device, ${doing}`,
      requestedBytes,
      null,
      `The driver says: ${withoutFrames(driverMessage)}\nUse a smaller batch, a shorter length or a save policy that keeps less.`,
    );
    if (requestedBytes === 0)
      this.message = `The WebGPU device ran out of memory in ${doing}. ${this.remedy}`;
  }
}

/** The driver's message without the frames of its own C++ code. */
function withoutFrames(message: string): string {
  const lines = message.trim().split("\n");
  return lines.filter((line) => !/^\s*at .*:\d+\)$/.test(line)).join("\n");
}
