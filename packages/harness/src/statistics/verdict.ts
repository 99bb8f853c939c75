import { LEVEL } from "./level.ts";

/** `no difference shown` says that the data do not decide: it is not the same as `equivalent within margin`. */
export type Verdict = "A better" | "B better" | "equivalent within margin" | "no difference shown";

/** What is known of A minus B. */
export interface Evidence {
  /** In the metric's own unit; null where one of the two has no score. */
  readonly difference: number | null;
  /** Two-sided, corrected for all tests that are read together; null where there is none. */
  readonly pValue: number | null;
  readonly higherIsBetter: boolean;
  /** Outcome of an equivalence test; null where none could be made. */
  readonly equivalent: boolean | null;
}

/**
 * One verdict. A difference that is shown comes before equivalence: two methods may differ for certain by less than
 * the margin, and then both the sign and the size are known.
 */
export function verdictOf(evidence: Evidence, level: number = LEVEL): Verdict {
  const { difference, pValue, higherIsBetter, equivalent } = evidence;
  if (difference !== null && difference !== 0 && pValue !== null && pValue < level) {
    return difference > 0 === higherIsBetter ? "A better" : "B better";
  }
  return equivalent === true ? "equivalent within margin" : "no difference shown";
}
