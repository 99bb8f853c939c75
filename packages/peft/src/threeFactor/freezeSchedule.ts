/** When the columns of an outer factor freeze: linearly over the first part of training. */
export interface FreezeSchedule {
  /** Share of all steps after which every column is frozen; 0: all are from the start. */
  readonly fraction: number;
  /** `leading-first`: the columns of the largest singular values freeze first. */
  readonly order: "leading-first" | "trailing-first";
  /**
   * Most parts that training is cut into. Within a part frozen columns are masked; at its end they leave the trained
   * tensor, and their gradient and optimizer state are released.
   */
  readonly stages: number;
  readonly totalSteps: number;
}

/** A part of training, and how far freezing has come when it begins. */
export interface FreezeStage {
  readonly fromStep: number;
  /** Share of the columns that are out of the trained tensor. */
  readonly released: number;
}

/** Columns of `rank` that are frozen at an optimizer step: `min(rank, floor(rank step / (fraction totalSteps)))`. */
export function frozenColumns(schedule: FreezeSchedule, rank: number, step: number): number {
  const steps = schedule.fraction * schedule.totalSteps;
  if (steps <= 0) return rank;
  return Math.min(rank, Math.floor((rank * step) / steps));
}

/** Columns of `rank` that have left the trained tensor when a stage begins: never more than are frozen by then. */
export function releasedColumns(rank: number, { released }: FreezeStage): number {
  return Math.floor(rank * released);
}

/** The parts of training, at equal distances while columns freeze, and the last where all are frozen. */
export function freezeStages({ fraction, stages, totalSteps }: FreezeSchedule): readonly FreezeStage[] {
  if (stages === 1) return [{ fromStep: 0, released: fraction <= 0 ? 1 : 0 }];
  const planned = Array.from({ length: stages }, (_, index): FreezeStage => {
    const released = index / (stages - 1);
    return { fromStep: Math.ceil(fraction * totalSteps * released), released };
  });
  // Stages that would last no step at all give way to the next; the first one begins training, whatever it is.
  const kept = planned.filter(({ fromStep }, index) => fromStep !== planned[index + 1]?.fromStep);
  return kept.filter(({ fromStep }) => fromStep === 0 || fromStep < totalSteps);
}
