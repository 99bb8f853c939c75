import { describe, expect, it } from "vitest";
import { meanCurve, smooth, smoothingWindow } from "./smooth.ts";

const points = (losses: readonly (number | null)[]) =>
  losses.map((loss, index) => ({ step: index + 1, loss }));

describe("smooth", () => {
  it("leaves a straight line as it is, but for the ends", () => {
    const line = points(Array.from({ length: 50 }, (_, index) => index));
    const smoothed = smooth(line, 5, 1000);
    for (const { step, loss } of smoothed.slice(2, -2)) expect(loss).toBeCloseTo(step - 1, 12);
  });

  it("leaves out what is not finite, and the whole point where nothing is left", () => {
    expect(smooth(points([1, null, 3]), 3, 10)).toEqual([
      { step: 1, loss: 1 },
      { step: 2, loss: 2 },
      { step: 3, loss: 3 },
    ]);
    expect(smooth(points([null, null, 3]), 1, 10)).toEqual([{ step: 3, loss: 3 }]);
  });

  it("thins to the points asked for and keeps the first and the last step", () => {
    const thinned = smooth(points(Array.from({ length: 999 }, () => 1)), 1, 120);
    expect(thinned).toHaveLength(120);
    expect([thinned[0]?.step, thinned.at(-1)?.step]).toEqual([1, 999]);
  });

  it("averages over an odd number of steps, one for a short run", () => {
    expect(smoothingWindow(10)).toBe(1);
    expect(smoothingWindow(500)).toBe(21);
  });
});

describe("meanCurve", () => {
  it("is the mean at the steps that all curves have", () => {
    const first = [
      { step: 1, loss: 1 },
      { step: 2, loss: 2 },
    ];
    const second = [
      { step: 2, loss: 4 },
      { step: 3, loss: 9 },
    ];
    expect(meanCurve([first, second])).toEqual([{ step: 2, loss: 3 }]);
  });
});
