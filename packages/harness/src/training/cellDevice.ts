import type {
  DeviceProfile,
  Executor,
  ExecutorOverhead,
  Graph,
  Ledger,
  ParameterRole,
} from "@peftbench/runtime";

/** What computes a cell, opened for it alone. */
export interface CellDevice {
  readonly executor: Executor;
  /** The GPU adapter's name; null on the CPU. */
  readonly adapter: string | null;
  /** Decides padding and limits of the plan. */
  readonly profile: DeviceProfile;
  /** Bytes that a run may plan to reserve. */
  readonly memoryLimitBytes: number;
  /** How memory is measured; null where it is not, as on the CPU. */
  readonly measurement: Measurement | null;
  /** Frees everything; the process can then end by itself. */
  readonly dispose: () => Promise<void>;
}

export interface Measurement {
  readonly ledger: Ledger;
  /** What the executor takes beside the plan's tensors for programs over one store. */
  readonly overheadOf: (graphs: readonly Graph[]) => ExecutorOverhead;
}

export interface DeviceRequest {
  readonly executor: "cpu" | "webgpu";
  readonly threads: number;
  /** Which kind of adapter; null on the CPU. */
  readonly adapter: "hardware" | "software" | null;
  /** `bufferPerTensor`: every tensor in a buffer of its own, so that a ledger sees the live bytes. Slow. */
  readonly mode?: "arena" | "bufferPerTensor";
  /** What a parameter is for, for the ledger. */
  readonly roleOf: (parameterName: string) => ParameterRole;
}

export type OpenDevice = (request: DeviceRequest) => Promise<CellDevice>;
