import { describe, expect, it } from "vitest";
import {
  formatDifference,
  formatDuration,
  formatFixed,
  formatMb,
  formatShare,
  listInWords,
} from "./format.ts";
import { metricScale } from "./metricScale.ts";

describe("figures", () => {
  it("have no minus before a zero", () => {
    expect(formatFixed(-0.04, 1)).toBe("0.0");
    expect(formatFixed(-0.06, 1)).toBe("−0.1");
  });

  it("keep small bytes and shares visible", () => {
    expect([formatMb(412_345_678), formatMb(3_080), formatMb(120), formatMb(0)]).toEqual([
      "412",
      "0.003",
      "<0.001",
      "0",
    ]);
    expect([formatShare(1), formatShare(0.00327), formatShare(0.0000123)]).toEqual([
      "100%",
      "0.33%",
      "0.0012%",
    ]);
  });

  it("name spans of time as people do", () => {
    expect([420, 42_000, 425_000, 7_320_000].map(formatDuration)).toEqual([
      "0.4 s",
      "42 s",
      "7 min 5 s",
      "2 h 2 min",
    ]);
  });

  it("carry a sign in a difference unless it rounds to nothing", () => {
    const scale = metricScale("accuracy", true, [0.9], 872);
    expect([0.0123, -0.0123, 0.0001].map((value) => formatDifference(value, scale))).toEqual([
      "+1.2",
      "−1.2",
      "0.0",
    ]);
  });

  it("list words", () => {
    expect([[], ["a"], ["a", "b"], ["a", "b", "c"]].map(listInWords)).toEqual([
      "",
      "a",
      "a and b",
      "a, b and c",
    ]);
  });
});

describe("metricScale", () => {
  it("writes fractions in hundredths and leaves everything else alone", () => {
    expect(metricScale("accuracy", true, [0.2, 1], 100)).toMatchObject({ factor: 100, title: "accuracy, %" });
    expect(metricScale("matthews", true, [-0.2], 100)).toMatchObject({
      factor: 100,
      title: "matthews × 100",
    });
    expect(metricScale("perplexity", false, [0.9], 100)).toMatchObject({ factor: 1, title: "perplexity" });
    expect(metricScale("rouge", true, [41.2], 100)).toMatchObject({ factor: 1 });
  });
});
