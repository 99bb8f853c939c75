import { RuntimeError } from "../errors.ts";

export type ScheduleName = "linear" | "cosine" | "constant";

export interface ScheduleOptions {
  readonly name: ScheduleName;
  readonly peakLearningRate: number;
  /** Share of all steps over which the rate rises linearly from 0; rounded up to whole steps as in `transformers`. */
  readonly warmupRatio: number;
  readonly totalSteps: number;
}

/** Learning rate of update `step`, counted from 0, by the rules of `transformers`' schedulers. */
export function learningRateAt(step: number, options: ScheduleOptions): number {
  const { name, peakLearningRate, warmupRatio, totalSteps } = options;
  if (!(warmupRatio >= 0 && warmupRatio <= 1)) {
    throw new RuntimeError(`warmupRatio is ${warmupRatio}; it must lie in [0, 1].`);
  }
  const warmupSteps = Math.ceil(warmupRatio * totalSteps);
  if (step < warmupSteps) return (peakLearningRate * step) / Math.max(1, warmupSteps);
  const progress = (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps);
  switch (name) {
    case "constant":
      return peakLearningRate;
    case "linear":
      return peakLearningRate * Math.max(0, 1 - progress);
    case "cosine":
      return peakLearningRate * Math.max(0, 0.5 * (1 + Math.cos(Math.PI * progress)));
  }
}
