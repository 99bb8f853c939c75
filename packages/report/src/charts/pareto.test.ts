import { describe, expect, it } from "vitest";
import { paretoFront } from "./pareto.ts";

interface Point {
  readonly cost: number;
  readonly mean: number;
}

/** By sweeping from the cheapest on: another way than comparing all pairs. */
function sweep(points: readonly Point[], higherIsBetter: boolean): readonly Point[] {
  const sign = higherIsBetter ? 1 : -1;
  const sorted = [...points].sort((a, b) => a.cost - b.cost || sign * (b.mean - a.mean));
  let best = -Infinity;
  let at = -Infinity;
  return sorted.filter(({ cost, mean }) => {
    const isOn = sign * mean > best || (sign * mean === best && cost === at);
    if (isOn) [best, at] = [sign * mean, cost];
    return isOn;
  });
}

describe("the Pareto front", () => {
  it("is what a sweep over costs finds, ties included, in the order of costs", () => {
    let state = 7;
    const next = (limit: number): number => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((state / 2_147_483_648) * limit);
    };
    for (let round = 0; round < 300; round += 1) {
      const points = Array.from({ length: 1 + next(9) }, () => ({ cost: next(6), mean: next(6) }));
      for (const higherIsBetter of [true, false]) {
        const key = ({ cost, mean }: Point): string => `${cost} ${mean}`;
        const front = paretoFront(points, higherIsBetter);
        expect(front.map(key)).toEqual(sweep(points, higherIsBetter).map(key));
      }
    }
  });

  it("leaves out what is as good at more cost, and what is worse at the same cost", () => {
    const cheap = { cost: 1, mean: 80 };
    expect(paretoFront([{ cost: 2, mean: 80 }, cheap, { cost: 1, mean: 79 }], true)).toEqual([cheap]);
  });
});
