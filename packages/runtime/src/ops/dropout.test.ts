import { describe, expect, it } from "vitest";
import { noiseKey } from "../random/counterHash.ts";
import { dropoutMaskReference } from "./dropout.ts";

/** Key, salt, probability and which of 64 elements are kept, by `fixtures/make_hash.py` in Python's integers. */
const KEPT: readonly (readonly [number, number, number, string])[] = [
  [0, 0, 0.1, "0111111111101111110111111011111100111111110111110001111111011101"],
  [2654435769, 3, 0.5, "0111011010011101000001000110100101101001100000111000111101010110"],
  [4294967295, 12, 0.9, "0000000000000000000100000000000000000001000000000010000000001000"],
];

const COUNT = 100_000;

function kept(key: number, salt: number, probability = 0.5): Float64Array {
  return dropoutMaskReference(COUNT, key, { probability, salt }).map((value) => (value === 0 ? 0 : 1));
}

describe("the dropout mask", () => {
  it.each(KEPT)("of key %i, salt %i and probability %f has known bits", (key, salt, probability, bits) => {
    const mask = dropoutMaskReference(bits.length, key, { probability, salt });
    expect([...mask].map((value) => (value === 0 ? "0" : "1")).join("")).toBe(bits);
    expect(new Set(mask)).toEqual(new Set([0, 1 / (1 - probability)]));
  });

  it.each([0.05, 0.1, 0.5, 0.9])("drops a share of %f", (probability) => {
    for (const step of [0, 1, 2, 1000]) {
      const share =
        1 - kept(noiseKey(3, step), 4, probability).reduce((sum, value) => sum + value, 0) / COUNT;
      expect(Math.abs(share - probability)).toBeLessThan(
        5 * Math.sqrt((probability * (1 - probability)) / COUNT),
      );
    }
  });

  it("keeps everything at probability 0", () => {
    expect(dropoutMaskReference(1000, 1, { probability: 0, salt: 0 }).every((value) => value === 1)).toBe(
      true,
    );
  });

  it.each([
    ["steps", kept(noiseKey(1, 0), 0), kept(noiseKey(1, 1), 0)],
    ["ops", kept(noiseKey(1, 5), 0), kept(noiseKey(1, 5), 1)],
    ["seeds", kept(noiseKey(1, 5), 0), kept(noiseKey(2, 5), 0)],
    ["neighbours", kept(noiseKey(1, 5), 0), Float64Array.of(...kept(noiseKey(1, 5), 0).slice(1), 0)],
  ])("is independent between %s", (_, a, b) => {
    const both = a.reduce((sum, value, index) => sum + value * (b[index] as number), 0) / COUNT;
    expect(Math.abs(both - 0.25)).toBeLessThan(5 * Math.sqrt((0.25 * 0.75) / COUNT));
  });
});
