import fc from "fast-check";
import { expect, test } from "vitest";
import { halvesFromPairs } from "./rotaryRows.ts";

/** Row (head, side, pair) goes to (head, pair, side): reshape, swap the axes, reshape, as llama.cpp's converter does. */
function pairsFromHalves(values: Float32Array, heads: number, headSize: number): Float32Array {
  const columns = values.length / (heads * headSize);
  const at = (head: number, side: number, pair: number, column: number) =>
    ((head * 2 + side) * (headSize / 2) + pair) * columns + column;
  const result: number[] = [];
  for (let head = 0; head < heads; head++) {
    for (let pair = 0; pair < headSize / 2; pair++) {
      for (let side = 0; side < 2; side++) {
        for (let column = 0; column < columns; column++) {
          result.push(values[at(head, side, pair, column)] as number);
        }
      }
    }
  }
  return Float32Array.from(result);
}

test("halves from pairs from halves are what they were, for matrices and biases", () => {
  const sizes = [
    fc.integer({ min: 1, max: 5 }),
    fc.integer({ min: 1, max: 8 }),
    fc.integer({ min: 1, max: 4 }),
  ];
  fc.assert(
    fc.property(fc.tuple(...sizes), ([heads = 1, half = 1, columns = 1]) => {
      const values = Float32Array.from({ length: heads * half * 2 * columns }, (_, index) => index);
      const pairs = pairsFromHalves(values, heads, half * 2);
      expect(halvesFromPairs(pairs, heads, half * 2)).toEqual(values);
    }),
  );
});

test("of a head of four features, the pairs 0 1 and 2 3 become the halves 0 2 and 1 3", () => {
  expect([...halvesFromPairs(Float32Array.of(0, 1, 2, 3), 1, 4)]).toEqual([0, 2, 1, 3]);
});
