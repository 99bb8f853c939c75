import { createRandom } from "@peftbench/runtime";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createBatchOrder } from "./batchOrder.ts";
import { MASKING_INPUTS, maskRows, placesPerRow } from "./masking.ts";
import { SPECIAL_IDS } from "./prepareText.ts";
import type { TokenRows } from "./rows.ts";
import { packRows } from "./rows.ts";

const VOCABULARY = 40;
const FULL_STOP = 7;
/** Documents of these lengths whose tokens are all different. */
const documentsOf = (lengths: readonly number[]): readonly (readonly number[])[] => {
  let next: number = SPECIAL_IDS.firstOrdinary;
  return lengths.map((length) => Array.from({ length }, () => next++));
};

function rowsOf(documents: readonly (readonly number[])[], length = 16): TokenRows {
  const arrays = documents.map((tokens) => Int32Array.from(tokens));
  return packRows(arrays, length, SPECIAL_IDS, new Set([FULL_STOP]));
}

function rowTokens(rows: TokenRows, row: number): readonly number[] {
  const from = row * rows.length;
  return [...rows.ids.subarray(from, from + (rows.lengths[row] as number))];
}

describe("packRows", () => {
  it("keeps all tokens in order, but for document ends below eight tokens", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(90), { minLength: 1, maxLength: 6 }), (lengths) => {
        const documents = documentsOf(lengths);
        const rows = rowsOf(documents);
        const packed = Array.from({ length: rows.count }, (_, row) => rowTokens(rows, row)).flat();
        const kept = new Set(packed);
        for (const tokens of documents) {
          const lost = tokens.filter((token) => !kept.has(token));
          expect(lost).toEqual(tokens.slice(tokens.length - lost.length));
          expect(lost.length).toBeLessThan(8);
        }
        const ordinary = packed.filter((id) => id >= SPECIAL_IDS.firstOrdinary);
        expect(ordinary).toEqual([...new Set(ordinary)].sort((a, b) => a - b));
      }),
      { seed: 1 },
    );
  });

  it("makes single segments and pairs in turn, the second segment of token type 1, its border at a sentence's end", () => {
    const sentence = [10, 11, 12, 13, 14, FULL_STOP, 20, 21, 22, 23, 24, 25, 26];
    const rows = rowsOf([[...Array.from({ length: 14 }, () => 9), ...sentence]]);
    expect(rows.count).toBe(2);
    expect(rowTokens(rows, 0)).toEqual([2, ...Array.from({ length: 14 }, () => 9), 3]);
    expect(rowTokens(rows, 1)).toEqual([2, ...sentence.slice(0, 6), 3, ...sentence.slice(6), 3]);
    expect([...rows.typeIds.subarray(16)]).toEqual([
      ...Array.from({ length: 8 }, () => 0),
      ...Array.from({ length: 8 }, () => 1),
    ]);
  });
});

describe("maskRows", () => {
  const rows = rowsOf([Array.from({ length: 3000 }, (_, index) => 5 + (index % 35))], 64);
  const options = { maskedShare: 0.15, vocabularySize: VOCABULARY, special: SPECIAL_IDS } as const;
  const all = Array.from({ length: rows.count }, (_, row) => row);

  it("selects the places whose labels are the true tokens, never special ones, and weighs them equally", () => {
    const { inputs, chosen } = maskRows(rows, all, createRandom(0, "m"), { ...options, replace: "always" });
    const places = placesPerRow(64, 0.15);
    const [selection, labels, weights] = [
      MASKING_INPUTS.selection,
      MASKING_INPUTS.labels,
      MASKING_INPUTS.placeWeight,
    ].map((name) => inputs[name] as Float32Array) as [Float32Array, Float32Array, Float32Array];
    let counted = 0;
    for (let target = 0; target < rows.count * places; target++) {
      const one = selection.subarray(target * 64, (target + 1) * 64).indexOf(1);
      expect(one === -1).toBe(weights[target] === 0);
      if (one === -1) continue;
      const row = Math.floor(target / places);
      expect(chosen[counted++]).toEqual({ row, place: one });
      expect(labels[target]).toBe(rows.ids[row * 64 + one]);
      expect(labels[target]).toBeGreaterThanOrEqual(SPECIAL_IDS.firstOrdinary);
      expect(inputs.inputIds?.[row * 64 + one]).toBe(SPECIAL_IDS.mask);
    }
    expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
  });

  it("masks 80 %, replaces 10 %, leaves 10 %, and depends on the stream alone", () => {
    const masked = Array.from({ length: 40 }, (_, step) =>
      maskRows(rows, all, createRandom(1, `${step}`), { ...options, replace: "training" }),
    );
    let [total, hidden, kept] = [0, 0, 0];
    for (const { inputs, chosen } of masked) {
      for (const { row, place } of chosen) {
        total += 1;
        const now = inputs.inputIds?.[row * 64 + place];
        if (now === SPECIAL_IDS.mask) hidden += 1;
        else if (now === rows.ids[row * 64 + place]) kept += 1;
      }
    }
    // Five standard deviations; a random token is the true one in 1 of 35 cases.
    const room = 5 * Math.sqrt(0.25 / total);
    expect(Math.abs(hidden / total - 0.8)).toBeLessThan(room);
    expect(Math.abs(kept / total - 0.1 - 0.1 / 35)).toBeLessThan(room);
    const again = maskRows(rows, all, createRandom(1, "0"), { ...options, replace: "training" });
    expect(again.inputs).toEqual(masked[0]?.inputs);
  });
});

describe("createBatchOrder", () => {
  it("takes each row at most once an epoch, in a new order each epoch, from any step on", () => {
    const order = createBatchOrder(21, 4, 3);
    const epoch = (first: number): number[] =>
      Array.from({ length: 5 }, (_, index) => [...order(first + index)]).flat();
    const [first, second] = [epoch(0), epoch(5)];
    expect(new Set(first).size).toBe(20);
    expect(new Set(second).size).toBe(20);
    expect(second).not.toEqual(first);
    expect(createBatchOrder(21, 4, 3)(7)).toEqual(order(7));
    expect(() => createBatchOrder(3, 4, 0)).toThrow("There are 3 rows, and a batch takes 4.");
  });
});
