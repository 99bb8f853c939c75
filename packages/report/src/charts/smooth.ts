import type { LossPoint } from "../lossCurve.ts";

/** A point of a drawn curve. */
export interface CurvePoint {
  readonly step: number;
  readonly loss: number;
}

/**
 * Centred moving mean, read at no more than `points` steps spread evenly from the first to the last. Steps without a
 * finite loss are left out of the mean; where a whole window has none there is no point.
 *
 * @param window steps averaged over, made odd; at the ends the window is cut short, not padded
 */
export function smooth(curve: readonly LossPoint[], window: number, points: number): readonly CurvePoint[] {
  const reach = Math.floor(window / 2);
  const indices = spread(curve.length, points);
  return indices.flatMap((index) => {
    const near = curve
      .slice(Math.max(0, index - reach), index + reach + 1)
      .flatMap(({ loss }) => (loss === null ? [] : [loss]));
    const step = curve[index]?.step;
    if (near.length === 0 || step === undefined) return [];
    return [{ step, loss: near.reduce((sum, loss) => sum + loss, 0) / near.length }];
  });
}

/** The window for a run of so many steps: about a twenty-fifth of it, odd. */
export function smoothingWindow(steps: number): number {
  return Math.max(1, 2 * Math.round(steps / 50) + 1);
}

/** Point by point mean of curves, at the steps that all of them have. */
export function meanCurve(curves: readonly (readonly CurvePoint[])[]): readonly CurvePoint[] {
  const [first = [], ...others] = curves;
  const byStep = others.map((curve) => new Map(curve.map(({ step, loss }) => [step, loss])));
  return first.flatMap(({ step, loss }) => {
    const losses = [loss, ...byStep.flatMap((curve) => curve.get(step) ?? [])];
    if (losses.length !== curves.length) return [];
    return [{ step, loss: losses.reduce((sum, each) => sum + each, 0) / losses.length }];
  });
}

function spread(length: number, points: number): readonly number[] {
  if (length <= points) return Array.from({ length }, (_, index) => index);
  return Array.from({ length: points }, (_, index) => Math.round((index * (length - 1)) / (points - 1)));
}
