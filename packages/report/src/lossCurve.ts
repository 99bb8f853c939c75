/** Training loss of one run, step by step. */
export interface LossCurve {
  /** `id` of the run's result. */
  readonly runId: string;
  readonly points: readonly LossPoint[];
  /** Scores on held-out rows of train along the run, in the order of steps; absent where the run made none. */
  readonly evaluations?: readonly HeldOutScore[];
}

/** Of the rows that were held out for selection. */
export interface HeldOutScore {
  /** Optimizer steps that were done. */
  readonly step: number;
  /** Name of the metric, and its value as stored; null where it has none. */
  readonly metric: string;
  readonly value: number | null;
}

export interface LossPoint {
  /** From 1. */
  readonly step: number;
  /** Null where it was not finite. */
  readonly loss: number | null;
}
