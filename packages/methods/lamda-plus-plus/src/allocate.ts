/** The spectrum of one adapted weight. */
export interface Spectrum {
  /** Falling. */
  readonly singularValues: Float64Array;
}

export interface AllocationRule {
  /** Ranks to choose from, rising. */
  readonly candidates: readonly number[];
  /** Budget, as the rank that every weight would have if all had the same. */
  readonly meanRank: number;
  /** What a singular value counts for: its square, or itself. */
  readonly energy: "squared" | "plain";
  /** What is spent: `core` counts rank² (the elements that train to the end), `rank` counts ranks. */
  readonly budget: "core" | "rank";
  /** Who is raised first: weights that keep least of their energy at their rank, or those that keep most. */
  readonly direction: "flat-first" | "steep-first";
}

/**
 * Ranks of all weights under a budget, from their spectra alone. Every weight starts at the smallest candidate; one
 * weight after another is raised to its next candidate, the one first whose share of energy kept is lowest (or highest;
 * the first of equals), until the next raise would exceed the budget.
 *
 * Ours: the paper (arXiv 2406.12832) names a normalized energy score; its formula and rule are not known to us.
 */
export function allocateRanks(spectra: readonly Spectrum[], rule: AllocationRule): readonly number[] {
  const { candidates, meanRank, energy, budget, direction } = rule;
  const cost = (rank: number): number => (budget === "core" ? rank * rank : rank);
  const limit = spectra.length * cost(meanRank);
  const shares = spectra.map(({ singularValues }) => energyShares(singularValues, energy));
  const choices = spectra.map(({ singularValues }) =>
    candidates.filter((candidate) => candidate <= singularValues.length),
  );
  const places = spectra.map(() => 0);
  const rankOf = (weight: number): number => choices[weight]?.[places[weight] as number] ?? 0;
  const nextOf = (weight: number): number | undefined => choices[weight]?.[(places[weight] as number) + 1];
  let spent = spectra.reduce((total, _, weight) => total + cost(rankOf(weight)), 0);
  for (;;) {
    const raisable = places.map((_, weight) => weight).filter((weight) => nextOf(weight) !== undefined);
    const kept = (weight: number): number => shares[weight]?.[rankOf(weight) - 1] ?? 1;
    const sign = direction === "flat-first" ? 1 : -1;
    const [chosen] = raisable.toSorted((a, b) => sign * (kept(a) - kept(b)) || a - b);
    if (chosen === undefined) break;
    const raised = spent + cost(nextOf(chosen) as number) - cost(rankOf(chosen));
    if (raised > limit) break;
    spent = raised;
    places[chosen] = (places[chosen] as number) + 1;
  }
  return spectra.map((_, weight) => rankOf(weight));
}

/** Share of all energy in the k + 1 leading directions, at place k. */
function energyShares(singularValues: Float64Array, energy: AllocationRule["energy"]): Float64Array {
  const each = singularValues.map((value) => (energy === "squared" ? value * value : value));
  const total = each.reduce((sum, value) => sum + value, 0);
  let sum = 0;
  return each.map((value) => {
    sum += value;
    return total === 0 ? 1 : sum / total;
  });
}
