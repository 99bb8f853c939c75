import { createRandom } from "@peftbench/runtime";
import { describe, expect, test } from "vitest";
import { mcnemar } from "./mcnemar.ts";
import { reference } from "./reference.ts";

type Table = readonly [both: number, onlyFirst: number, onlySecond: number, neither: number];

function listsOf([both, onlyFirst, onlySecond, neither]: Table): [boolean[], boolean[]] {
  const repeat = (count: number, value: boolean): boolean[] => new Array<boolean>(count).fill(value);
  return [
    [...repeat(both + onlyFirst, true), ...repeat(onlySecond + neither, false)],
    [
      ...repeat(both, true),
      ...repeat(onlyFirst, false),
      ...repeat(onlySecond, true),
      ...repeat(neither, false),
    ],
  ];
}

describe("McNemar's exact test", () => {
  test.each(reference.mcnemar)("agrees with statsmodels on $table, $confidence", (expected) => {
    const found = mcnemar(...listsOf(expected.table), expected.confidence);
    const [, onlyFirst, onlySecond] = expected.table;
    expect(found).toMatchObject({ onlyFirst, onlySecond });
    expect(Math.abs(found.pValue / expected.pValue - 1)).toBeLessThan(1e-9);
    for (const [low, high] of [expected.interval, expected.uncorrelated ?? expected.interval]) {
      expect(found.intervalPoints.low).toBeCloseTo(100 * low, 8);
      expect(found.intervalPoints.high).toBeCloseTo(100 * high, 8);
    }
  });

  test("counts by hand: five of five one way is 2 / 32, in points of accuracy", () => {
    const found = mcnemar(...listsOf([10, 5, 0, 5]));
    expect(found.pValue).toBeCloseTo(2 / 32, 14);
    expect(found.differencePoints).toBe(25);
    expect(mcnemar(...listsOf([10, 3, 3, 5])).pValue).toBe(1);
    expect(mcnemar(...listsOf([10, 4, 3, 5])).pValue).toBe(1);
    expect(mcnemar(...listsOf([3, 0, 0, 0])).pValue).toBe(1);
  });

  test("is the same with the methods exchanged, but for the sign", () => {
    const [first, second] = listsOf([40, 9, 3, 8]);
    const forward = mcnemar(first, second);
    const backward = mcnemar(second, first);
    expect(backward.pValue).toBe(forward.pValue);
    expect(backward.intervalPoints.low).toBeCloseTo(-forward.intervalPoints.high, 10);
  });

  test("seldom finds a difference where there is none, and its interval mostly holds zero", () => {
    const random = createRandom(3, "mcnemar");
    const draw = (): boolean[] => Array.from({ length: 120 }, () => random.uniform() < 0.8);
    const runs = Array.from({ length: 400 }, () => mcnemar(draw(), draw()));
    const found = runs.filter(({ pValue }) => pValue < 0.05).length;
    const missed = runs.filter(({ intervalPoints: { low, high } }) => low > 0 || high < 0).length;
    // Of 400 at a true level of 5 %: 20, with a deviation of 4.4.
    expect(found).toBeLessThan(34);
    expect(missed).toBeLessThan(34);
  });

  test("refuses lists that are no pairs", () => {
    expect(() => mcnemar([true], [])).toThrow("Found 0 values of the second method; expected 1");
    expect(() => mcnemar([], [])).toThrow("at least one");
    expect(() => mcnemar([true], [true], 1)).toThrow("confidence");
  });
});
