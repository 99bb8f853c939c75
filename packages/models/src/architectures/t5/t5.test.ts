import { describe, expect, it } from "vitest";
import { parseT5Config } from "./config.ts";
import { t5LinearModules } from "./parameters.ts";
import { bucketOf } from "./positionBias.ts";

const published = { buckets: 32, maxDistance: 128 };

describe("T5", () => {
  it("gives near distances a bucket each, far ones the last of their side", () => {
    const ofEncoder = (distance: number): number => bucketOf(distance, published, true);
    expect([0, -1, -7, 1, 7].map(ofEncoder)).toEqual([0, 1, 7, 17, 23]);
    expect([-128, -5000, 128, 5000].map(ofEncoder)).toEqual([15, 15, 31, 31]);
    const ofDecoder = (distance: number): number => bucketOf(distance, published, false);
    expect([0, -1, -15, -128, -5000].map(ofDecoder)).toEqual([0, 1, 15, 31, 31]);
    expect(ofDecoder(3)).toBe(0);
  });

  it("never gives a farther key a nearer bucket", () => {
    for (const bothSides of [true, false]) {
      const buckets = Array.from({ length: 300 }, (_, far) => bucketOf(-far, published, bothSides));
      expect(buckets.toSorted((a, b) => a - b)).toEqual(buckets);
    }
  });

  it("has no head for classes", () => {
    const config = parseT5Config({ model_type: "t5" });
    expect(() => t5LinearModules(config, { kind: "classification", labelCount: 2 })).toThrow(
      /classification with T5; expected languageModel/,
    );
  });

  it.each([
    [{ feed_forward_proj: "gated-silu" }, /feed_forward_proj/],
    [{ scale_decoder_outputs: false }, /scale_decoder_outputs.*set both to false/],
  ])("refuses %j by name", (change, message) => {
    expect(() => parseT5Config({ model_type: "t5", ...change })).toThrow(message);
  });
});
