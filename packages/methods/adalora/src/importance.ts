import type { AdapterParameter, UpdateContext } from "@peftbench/peft";
import type { Tensor } from "@peftbench/runtime";
import type { TripletNames } from "./triplets.ts";

/** Names of the two statistics that every element of a factor has. */
export interface StatisticNames {
  /** Smoothed sensitivity, Ī. */
  readonly sensitivity: string;
  /** Smoothed uncertainty, Ū. */
  readonly uncertainty: string;
}

export interface ImportanceDecay {
  readonly beta1: number;
  readonly beta2: number;
}

export function statisticNames(factor: string): StatisticNames {
  return { sensitivity: `${factor}.sensitivity`, uncertainty: `${factor}.uncertainty` };
}

/** The statistics of one factor, zero at first. */
export function statisticParameters({
  name,
  shape,
}: Pick<AdapterParameter, "name" | "shape">): readonly AdapterParameter[] {
  const { sensitivity, uncertainty } = statisticNames(name);
  return [sensitivity, uncertainty].map((statistic) => ({
    name: statistic,
    shape,
    trainable: false,
    changedByMethod: true,
    initialize: () => new Float32Array(shape.reduce((product, size) => product * size, 1)),
  }));
}

/**
 * A factor's statistics after a step (eq. 8 to 10):
 * `I = |w ∂w|`, `Ī = β1 Ī + (1 - β1) I`, `Ū = β2 Ū + (1 - β2) |I - Ī|` with the new Ī. As in the authors' code and PEFT,
 * w is the value after the optimizer's step and ∂w the clipped gradient that the step was made with.
 */
export function nextStatistics(
  { parameter, updated, gradient }: UpdateContext,
  factor: string,
  { beta1, beta2 }: ImportanceDecay,
): { readonly sensitivity: Tensor; readonly uncertainty: Tensor } {
  const names = statisticNames(factor);
  const now = updated(factor).mul(gradient(factor)).abs();
  const sensitivity = smoothed(parameter(names.sensitivity), now, beta1);
  const distance = now.sub(sensitivity).abs();
  return { sensitivity, uncertainty: smoothed(parameter(names.uncertainty), distance, beta2) };
}

/**
 * Scores of a module's triplets [rank], `s(Λ) + mean over a row of s(Q) + mean over a column of s(P)` with `s = Ī Ū`
 * (eq. 7 and 11).
 */
export function tripletScores(names: TripletNames, score: (factor: string) => Tensor): Tensor {
  const [q, lambda, p] = [score(names.q), score(names.lambda), score(names.p)];
  return lambda
    .reshape([lambda.size(0)])
    .add(q.mean([1]))
    .add(p.mean([0]));
}

function smoothed(average: Tensor, now: Tensor, decay: number): Tensor {
  return average.mul(decay).add(now.mul(1 - decay));
}
