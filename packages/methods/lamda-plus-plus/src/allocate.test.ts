import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AllocationRule } from "./allocate.ts";
import { allocateRanks } from "./allocate.ts";

const rule: AllocationRule = {
  candidates: [2, 4, 8],
  meanRank: 4,
  energy: "squared",
  budget: "core",
  direction: "flat-first",
};
const spectrum = (...values: number[]) => ({ singularValues: Float64Array.from(values) });
const flat = spectrum(...new Array<number>(16).fill(1));
const steep = spectrum(...Array.from({ length: 16 }, (_, k) => 10 ** -k));

describe("the allocation of ranks", () => {
  it("gives flat spectra more than steep ones, or less where asked for the other direction", () => {
    expect(allocateRanks([steep, flat], { ...rule, meanRank: 6 })).toEqual([2, 8]);
    expect(allocateRanks([steep, flat], { ...rule, meanRank: 6, direction: "steep-first" })).toEqual([8, 2]);
  });

  it("gives equal spectra equal ranks, the first ones first where the budget ends between them", () => {
    expect(allocateRanks([flat, flat, flat], rule)).toEqual([4, 4, 4]);
    // 3 * 3² = 27 = 4² + 2² + 2² + 3: one is raised, a second raise costs 12 more.
    expect(allocateRanks([flat, flat, flat], { ...rule, meanRank: 3 })).toEqual([4, 2, 2]);
  });

  it("counts ranks themselves where the budget is of ranks", () => {
    // Raised by turns: 2 2 -> 4 2 -> 4 4; the next would be 8 + 4 > 2 * 4.
    expect(allocateRanks([flat, flat], { ...rule, budget: "rank" })).toEqual([4, 4]);
  });

  it("weighs singular values as asked: squares make little of a long tail, plain values much", () => {
    // Kept at rank 2: of squares 32 / 46 and 8 / 23.6, of plain values 8 / 22 and 4 / 12.8. Order differs at rank 4.
    const tail = spectrum(4, 4, ...new Array<number>(14).fill(1));
    const even = spectrum(2, 2, 2, 2, ...new Array<number>(12).fill(0.4));
    const raised = (energy: AllocationRule["energy"]) =>
      allocateRanks([tail, even], { ...rule, candidates: [4, 8], meanRank: 7, energy });
    // At rank 4: squares keep 34 / 46 of tail and 16 / 17.9 of even; plain values 10 / 22 and 8 / 12.8.
    expect(raised("squared")).toEqual([8, 4]);
    expect(raised("plain")).toEqual([8, 4]);
    const ends = spectrum(3, 3, 3, 3, ...new Array<number>(12).fill(1.2));
    // Squares: 36 / 53.3 = 0.68 below 0.74; plain: 12 / 26.4 = 0.4545 a little above 10 / 22 = 0.4545.
    expect(allocateRanks([tail, ends], { ...rule, candidates: [4, 8], meanRank: 7 })).toEqual([4, 8]);
  });

  it("never spends more than the budget, never exceeds a weight's own rank, and does the same again", () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.double({ min: 1e-6, max: 10, noNaN: true }), { minLength: 8, maxLength: 12 }), {
          minLength: 1,
          maxLength: 6,
        }),
        fc.integer({ min: 2, max: 8 }),
        fc.constantFrom("core" as const, "rank" as const),
        (weights, meanRank, budget) => {
          const spectra = weights.map((values) => spectrum(...values.toSorted((a, b) => b - a)));
          const ranks = allocateRanks(spectra, { ...rule, meanRank, budget });
          const cost = (rank: number): number => (budget === "core" ? rank * rank : rank);
          expect(ranks.reduce((total, rank) => total + cost(rank), 0)).toBeLessThanOrEqual(
            weights.length * cost(meanRank),
          );
          expect(ranks.every((rank, index) => rank <= (spectra[index]?.singularValues.length ?? 0))).toBe(
            true,
          );
          expect(allocateRanks(spectra, { ...rule, meanRank, budget })).toEqual(ranks);
        },
      ),
    );
  });
});
