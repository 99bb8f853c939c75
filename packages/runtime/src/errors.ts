/** Every error of the runtime: what is wrong, and what to do about it. */
export class RuntimeError extends Error {
  readonly remedy: string | null;

  constructor(message: string, remedy: string | null = null) {
    super(remedy === null ? message : `${message} ${remedy}`);
    this.name = new.target.name;
    this.remedy = remedy;
  }
}

/** Shapes or element types that no kernel could compute. Names the op and the shapes it was given. */
export class ShapeError extends RuntimeError {
  readonly op: string;

  constructor(op: string, message: string, remedy: string | null = null) {
    super(`${op}: ${message}`, remedy);
    this.op = op;
  }
}

/** A graph that is wired wrongly: tensors of two graphs mixed, a missing gradient rule, an unknown op. */
export class GraphError extends RuntimeError {}

/** More memory is needed than the device or a limit allows. */
export class OutOfMemoryError extends RuntimeError {
  readonly requestedBytes: number;
  readonly limitBytes: number | null;

  constructor(what: string, requestedBytes: number, limitBytes: number | null, remedy: string) {
    const limit = limitBytes === null ? "" : `, the limit is ${formatBytes(limitBytes)}`;
    super(`${what} needs ${formatBytes(requestedBytes)}${limit}.`, remedy);
    this.requestedBytes = requestedBytes;
    this.limitBytes = limitBytes;
  }
}

/** The loss became NaN or infinite; training cannot go on from here. */
export class NonFiniteLossError extends RuntimeError {
  readonly step: number;
  readonly loss: number;

  constructor(step: number, loss: number) {
    super(
      `The loss is ${loss} at step ${step}.`,
      "Lower the learning rate, lengthen the warm-up or tighten the gradient clipping.",
    );
    this.step = step;
    this.loss = loss;
  }
}

/** A value given to a program does not fit the graph that it was compiled from. */
export class InputError extends RuntimeError {}

export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}
