/** Training loss of one run, step by step. */
export interface LossCurve {
  /** `id` of the run's result. */
  readonly runId: string;
  readonly points: readonly LossPoint[];
}

export interface LossPoint {
  /** From 1. */
  readonly step: number;
  /** Null where it was not finite. */
  readonly loss: number | null;
}
