import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ArenaItem } from "./arena.ts";
import { arenaLowerBound, overlaps, placeInArena } from "./arena.ts";

const ALIGNMENT = 16;
const UNLIMITED = 2 ** 40;

const item: fc.Arbitrary<ArenaItem> = fc
  .record({ units: fc.integer({ min: 1, max: 9 }), first: fc.nat(7), duration: fc.nat(5) })
  .map(({ units, first, duration }) => ({
    paddedBytes: units * ALIGNMENT,
    lifetime: { first, last: first + duration },
  }));

/** Smallest arena over all orders in which each item is put as low as it fits: the true optimum. */
function exhaustiveOptimum(items: readonly ArenaItem[]): number {
  const bound = arenaLowerBound(items);
  let best = Number.POSITIVE_INFINITY;
  const placed: { item: ArenaItem; start: number }[] = [];
  const search = (rest: readonly ArenaItem[], height: number): void => {
    if (height >= best || best === bound) return;
    if (rest.length === 0) {
      best = height;
      return;
    }
    rest.forEach((next, index) => {
      const inTheWay = placed.filter(({ item: other }) => overlaps(next.lifetime, other.lifetime));
      const candidates = [0, ...inTheWay.map(({ item: other, start }) => start + other.paddedBytes)];
      const start = Math.min(
        ...candidates.filter((offset) =>
          inTheWay.every(
            (other) =>
              other.start >= offset + next.paddedBytes || other.start + other.item.paddedBytes <= offset,
          ),
        ),
      );
      placed.push({ item: next, start });
      search(rest.toSpliced(index, 1), Math.max(height, start + next.paddedBytes));
      placed.pop();
    });
  };
  search(items, 0);
  return best;
}

describe("placing tensors in the arena", () => {
  it("never overlaps two that are alive together", () => {
    fc.assert(
      fc.property(fc.array(item, { maxLength: 60, size: "max" }), (items) => {
        const { offsets, arenaBytes } = placeInArena(items, UNLIMITED);
        items.forEach((a, i) => {
          const start = offsets[i] as number;
          expect(start % ALIGNMENT).toBe(0);
          expect(start + a.paddedBytes).toBeLessThanOrEqual(arenaBytes);
          items.slice(0, i).forEach((b, j) => {
            const other = offsets[j] as number;
            const apart = start + a.paddedBytes <= other || other + b.paddedBytes <= start;
            expect(apart || !overlaps(a.lifetime, b.lifetime)).toBe(true);
          });
        });
        expect(arenaBytes).toBeGreaterThanOrEqual(arenaLowerBound(items));
      }),
    );
  });

  it("finds the optimum of an exhaustive search in nearly all small cases, and is near it in the others", () => {
    const cases = fc.sample(fc.array(item, { minLength: 8, maxLength: 9, size: "max" }), {
      numRuns: 300,
      seed: 5,
    });
    const factors = cases.map(
      (items) => placeInArena(items, UNLIMITED).arenaBytes / exhaustiveOptimum(items),
    );
    expect(Math.min(...factors)).toBe(1);
    expect(factors.filter((factor) => factor > 1).length).toBeLessThanOrEqual(0.01 * cases.length);
    expect(Math.max(...factors)).toBeLessThanOrEqual(1.15);
  });

  it("needs two slots for a chain of equal tensors, however long", () => {
    const chain = Array.from(
      { length: 50 },
      (_, node): ArenaItem => ({
        paddedBytes: 64,
        lifetime: { first: node, last: node + 1 },
      }),
    );
    expect(placeInArena(chain, UNLIMITED).arenaBytes).toBe(2 * 64);
  });

  it("keeps every tensor within one buffer where the arena is a row of them", () => {
    const chunkBytes = 10 * ALIGNMENT;
    fc.assert(
      fc.property(fc.array(item, { maxLength: 30, size: "max" }), (items) => {
        const { offsets } = placeInArena(items, chunkBytes);
        items.forEach(({ paddedBytes }, index) => {
          const start = offsets[index] as number;
          expect(Math.floor(start / chunkBytes)).toBe(Math.floor((start + paddedBytes - 1) / chunkBytes));
        });
      }),
    );
  });

  it("takes tensors of no bytes", () => {
    expect(placeInArena([{ paddedBytes: 0, lifetime: { first: 0, last: 3 } }], UNLIMITED).arenaBytes).toBe(0);
    expect(placeInArena([], UNLIMITED)).toEqual({ offsets: [], arenaBytes: 0 });
  });
});
