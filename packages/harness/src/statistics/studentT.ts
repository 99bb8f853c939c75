import { createRequire } from "node:module";
import type tQuantile from "@stdlib/stats-base-dists-t-quantile";
import { incompleteBeta } from "./incompleteBeta.ts";

/** So many that Student's t is the normal distribution, to eleven digits. */
const NORMAL_DEGREES = 1e12;

/** Quantile of Student's t. @param probability between 0 and 1 @param degreesOfFreedom may be infinite */
export function studentQuantile(probability: number, degreesOfFreedom: number): number {
  return loadQuantile()(probability, Math.min(degreesOfFreedom, NORMAL_DEGREES));
}

/** Quantile of the standard normal distribution. @param probability between 0 and 1 */
export function normalQuantile(probability: number): number {
  return studentQuantile(probability, NORMAL_DEGREES);
}

/** Where the tail is taken for the normal distribution's, to seven digits: with more, rounding takes over. */
const NORMAL_TAIL_DEGREES = 1e8;

/** Probability that Student's t is above `t`. @param degreesOfFreedom may be infinite */
export function studentUpperTail(t: number, degreesOfFreedom: number): number {
  const degrees = Math.min(degreesOfFreedom, NORMAL_TAIL_DEGREES);
  const beyond = incompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5) / 2;
  return t >= 0 ? beyond : 1 - beyond;
}

/** Not before it is asked for: it takes longer to load than all other sources together, and no cell needs it. */
function loadQuantile(): typeof tQuantile {
  return createRequire(import.meta.url)("@stdlib/stats-base-dists-t-quantile");
}
