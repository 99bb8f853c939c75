import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hashU32, noiseKey } from "./counterHash.ts";

/** By `fixtures/make_hash.py`, in Python's integers. */
const HASHES: readonly (readonly [number, number])[] = [
  [0, 0],
  [1, 1753845952],
  [2, 3507691905],
  [3, 1408362973],
  [255, 3007594116],
  [305419896, 4125564054],
  [2147483647, 2368339896],
  [2147483648, 3427483940],
  [4294967295, 1734902346],
];

const NOISE_KEYS: readonly (readonly [number, number, number])[] = [
  [0, 0, 0],
  [0, 1, 1753845952],
  [42, 0, 1612446537],
  [42, 1000, 4152763178],
  [4294967295, 7, 1967571644],
];

describe("hashU32", () => {
  it.each(HASHES)("of %i is %i", (value, hash) => {
    expect(hashU32(value)).toBe(hash);
  });

  it("gives unsigned 32 bits, and different values for different inputs", () => {
    const u32 = fc.nat(0xffffffff);
    fc.assert(
      fc.property(u32, u32, (a, b) => {
        const hash = hashU32(a);
        expect(hash).toBe(hash >>> 0);
        expect(hash === hashU32(b)).toBe(a === b);
      }),
      { seed: 1, numRuns: 2000 },
    );
  });

  it("flips each output bit with probability near one half when one input bit flips", () => {
    const samples = 2000;
    const flips = new Float64Array(32 * 32);
    for (let sample = 0; sample < samples; sample++) {
      const value = Math.imul(sample + 1, 0x9e3779b1) >>> 0;
      for (let bit = 0; bit < 32; bit++) {
        const changed = hashU32(value) ^ hashU32((value ^ (1 << bit)) >>> 0);
        for (let out = 0; out < 32; out++) {
          flips[bit * 32 + out] = (flips[bit * 32 + out] as number) + ((changed >>> out) & 1);
        }
      }
    }
    // Six standard deviations of a fair coin.
    const room = 6 * Math.sqrt(samples / 4);
    expect(flips.filter((count) => Math.abs(count - samples / 2) > room)).toHaveLength(0);
  });
});

describe("noiseKey", () => {
  it.each(NOISE_KEYS)("of seed %i at step %i is %i", (seed, step, key) => {
    expect(noiseKey(seed, step)).toBe(key);
  });

  it("differs from step to step and from seed to seed", () => {
    const keys = new Set<number>();
    for (let seed = 0; seed < 10; seed++) {
      for (let step = 0; step < 1000; step++) keys.add(noiseKey(seed, step));
    }
    // By the birthday bound, 10,000 random 32-bit keys share 0.01 pairs.
    expect(keys.size).toBeGreaterThanOrEqual(9999);
  });
});
