import type { Verdict } from "@peftbench/harness";
import { holm, LEVEL, verdictOf } from "@peftbench/harness";
import type { RunComparison } from "./compareRuns.ts";

/** What a comparison shows beside all that are read together with it. */
export interface Judgement {
  /** Holm's correction over the family; null where there is no test. */
  readonly adjustedPValue: number | null;
  /** The same of the equivalence tests. */
  readonly adjustedEquivalencePValue: number | null;
  /** Of the comparison's first as A and its second as B. */
  readonly verdict: Verdict;
}

/**
 * Judges a family of comparisons, in their order. {@link LEVEL} is the chance of one or more wrong claims of a difference
 * in it, and of equivalence likewise.
 * @param family all comparisons that a reader sees together
 */
export function judge(
  family: readonly (Pick<RunComparison, "differencePoints" | "pValue" | "equivalence"> & {
    readonly higherIsBetter: boolean;
  })[],
): readonly Judgement[] {
  const adjusted = holmWhereTested(family.map(({ pValue }) => pValue));
  const equivalence = holmWhereTested(family.map(({ equivalence: test }) => test?.pValue ?? null));
  return family.map(({ differencePoints, higherIsBetter }, index) => {
    const adjustedPValue = adjusted[index] ?? null;
    const adjustedEquivalencePValue = equivalence[index] ?? null;
    const evidence = {
      difference: differencePoints,
      pValue: adjustedPValue,
      higherIsBetter,
      equivalent: adjustedEquivalencePValue === null ? null : adjustedEquivalencePValue < LEVEL,
    };
    return { adjustedPValue, adjustedEquivalencePValue, verdict: verdictOf(evidence) };
  });
}

function holmWhereTested(pValues: readonly (number | null)[]): readonly (number | null)[] {
  const adjusted = holm(pValues.filter((pValue) => pValue !== null)).values();
  return pValues.map((pValue) => (pValue === null ? null : (adjusted.next().value ?? null)));
}
