import type { CellSpec, RunResult } from "@peftbench/harness";

/** What a cell has to compute. */
export interface CellWork {
  /** Tokens that are trained on over the run, without padding. */
  readonly trainTokens: number;
  /** Tokens that are scored, without padding. */
  readonly scoredTokens: number;
  /** Scalars of the encoder's linear layers. */
  readonly linearScalars: number;
  /** Scalars whose gradients are computed, at the first step. */
  readonly trainable: number;
}

/** An estimate, and what it rests on. */
export interface TimeEstimate {
  readonly milliseconds: number;
  /** `measured`: on the speed of earlier runs. `assumed`: on operations, at a speed that nobody measured. */
  readonly basis: "measured" | "assumed";
}

/** Floating-point operations a second that are assumed where nothing was measured. */
const ASSUMED_SPEED = { cpuThread: 30e9, hardware: 1e12, software: 2e9 } as const;

/** The operations a second that a cell's device is taken to have. */
export function assumedSpeedOf({
  executor,
  adapter,
  threads,
}: Pick<CellSpec, "executor" | "adapter" | "threads">): number {
  if (executor === "cpu") return ASSUMED_SPEED.cpuThread * threads;
  return ASSUMED_SPEED[adapter ?? "hardware"];
}

/**
 * Time of a cell: by the speed of earlier runs of its method on its model with the same kind of processor, in tokens;
 * without any, by operations, of which a token takes 2 a scalar forward, 2 for gradients of activations (none where the
 * encoder is frozen), and 2 a trainable one. Attention's own products, start and compilation are left out.
 * @param earlier results of any cells
 * @param cpuModel of this machine
 */
export function estimateTime(
  spec: CellSpec,
  work: CellWork,
  earlier: readonly RunResult[],
  cpuModel: string,
): TimeEstimate {
  const times = earlier.flatMap((result) =>
    isAlike(spec, result, cpuModel) && result.time !== null ? [result.time] : [],
  );
  const tokens = sum(times.map(({ tokensTrained }) => tokensTrained));
  const trainMs = sum(times.map(({ trainMs: own }) => own));
  // Scoring is the forward pass, of three passes of a step for full fine-tuning and about two of one for others.
  if (tokens > 0 && trainMs > 0) {
    return {
      milliseconds: (trainMs / tokens) * (work.trainTokens + work.scoredTokens / 2),
      basis: "measured",
    };
  }
  const trainedPasses = work.trainable === 0 ? 2 : 4;
  const operations =
    work.trainTokens * (trainedPasses * work.linearScalars + 2 * work.trainable) +
    work.scoredTokens * 2 * work.linearScalars;
  return { milliseconds: (operations / assumedSpeedOf(spec)) * 1000, basis: "assumed" };
}

/** Whether a run's speed says something of a cell's. */
function isAlike(spec: CellSpec, result: RunResult, cpuModel: string): boolean {
  const { cell, environment, weights, status } = result;
  const { training } = spec.cell.config;
  return (
    status === "ok" &&
    cell.method === spec.cell.method &&
    weights?.checksum === spec.weightsChecksum &&
    environment.executor === spec.executor &&
    environment.cpuModel === cpuModel &&
    (spec.executor === "webgpu" || environment.threads === spec.threads) &&
    cell.config.training.attention === training.attention &&
    cell.config.training.savePolicy === training.savePolicy
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
