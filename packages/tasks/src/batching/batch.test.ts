import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { makeBatch } from "./batch.ts";
import { chooseBuckets } from "./buckets.ts";
import { planEpoch } from "./plan.ts";
import type { SequenceTokenizer } from "./tokenize.ts";
import { tokenizeExamples } from "./tokenize.ts";

/** One token a character after a first 101; the second sentence follows with type 1. Pads with 7. */
const characterTokenizer: SequenceTokenizer = {
  padTokenId: 7,
  encode(text, pair, { maxLength }) {
    const inputIds = [101, ...Array.from(text + (pair ?? ""), (char) => 1000 + (char.codePointAt(0) ?? 0))];
    const typeIds = inputIds.map((_, place) => (place > text.length ? 1 : 0));
    const truncated = inputIds.length > maxLength;
    return { inputIds: inputIds.slice(0, maxLength), typeIds: typeIds.slice(0, maxLength), truncated };
  },
};

const word = fc.string({ unit: "grapheme-ascii", minLength: 0, maxLength: 30 });
const exampleLists = fc.array(fc.record({ text: word, pair: word, label: fc.integer({ min: 0, max: 3 }) }), {
  minLength: 1,
  maxLength: 40,
});

describe("makeBatch", () => {
  it("lays out every example whole, pads the rest, and weighs real rows to a mean", () => {
    fc.assert(
      fc.property(exampleLists, fc.integer({ min: 1, max: 9 }), fc.nat(), (list, batchSize, seed) => {
        const examples = list.map((example, index) => ({ id: `train:${index}`, ...example }));
        const { examples: tokenized, lengths } = tokenizeExamples(examples, characterTokenizer, {
          maxLength: 40,
        });
        const buckets = chooseBuckets(lengths, { maxLength: 40, batchSize });
        const seen: number[] = [];
        for (const plan of planEpoch(lengths, { batchSize, buckets, seed, epoch: 0 })) {
          const batch = makeBatch(tokenized, plan, { batchSize, padTokenId: 7, kind: "classification" });
          expect(batch.rows).toBe(batchSize);
          expect(batch.length).toBe(plan.bucketLength);
          expect(batch.rowWeight.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 6);
          let tokens = 0;
          for (let row = 0; row < batch.rows; row++) {
            const places = [row * batch.length, (row + 1) * batch.length] as const;
            const ids = [...batch.inputIds.subarray(...places)];
            const mask = [...batch.attentionMask.subarray(...places)];
            const types = [...batch.typeIds.subarray(...places)];
            const index = batch.exampleIndices[row] ?? -1;
            const example = tokenized[index];
            const padding = (count: number, value: number) => new Array<number>(count).fill(value);
            if (example === undefined) {
              expect(index).toBe(-1);
              expect(batch.rowWeight[row]).toBe(0);
              expect(ids).toEqual(padding(batch.length, 7));
              expect(mask).toEqual([1, ...padding(batch.length - 1, 0)]);
              expect(batch.labels[row]).toBe(0);
              continue;
            }
            const length = example.inputIds.length;
            seen.push(index);
            tokens += length;
            expect(ids).toEqual([...example.inputIds, ...padding(batch.length - length, 7)]);
            expect(types).toEqual([...example.typeIds, ...padding(batch.length - length, 0)]);
            expect(mask).toEqual([...padding(length, 1), ...padding(batch.length - length, 0)]);
            expect(batch.labels[row]).toBe(example.label);
            expect(batch.rowWeight[row]).toBe(Math.fround(1 / plan.exampleIndices.length));
          }
          expect(batch.tokens).toBe(tokens);
        }
        expect(seen.sort((a, b) => a - b)).toEqual(list.map((_, index) => index));
      }),
    );
  });

  it("keeps scores as fractions in a regression, class numbers as integers otherwise", () => {
    const examples = [{ inputIds: Int32Array.of(5), typeIds: Int32Array.of(0), label: 2.5 }];
    const plan = { bucketLength: 8, exampleIndices: Int32Array.of(0) };
    const options = { batchSize: 1, padTokenId: 0 };
    expect(makeBatch(examples, plan, { ...options, kind: "regression" }).labels).toEqual(
      Float32Array.of(2.5),
    );
    expect(makeBatch(examples, plan, { ...options, kind: "classification" }).labels).toBeInstanceOf(
      Int32Array,
    );
  });

  it("refuses a plan that does not belong to the examples or the batch size", () => {
    const examples = [{ inputIds: Int32Array.of(1, 2, 3), typeIds: Int32Array.of(0, 0, 0), label: 0 }];
    const options = { batchSize: 1, padTokenId: 0, kind: "classification" } as const;
    const make = (bucketLength: number, ...indices: number[]) =>
      makeBatch(examples, { bucketLength, exampleIndices: Int32Array.from(indices) }, options);
    expect(() => make(8)).toThrow(/has 0 examples; expected from 1 to 1/);
    expect(() => make(8, 0, 0)).toThrow(/has 2 examples/);
    expect(() => make(8, 1)).toThrow(/example 1, which does not exist/);
    expect(() => make(2, 0)).toThrow(/which has 3 tokens/);
  });
});

describe("tokenizeExamples", () => {
  it("counts what was cut off", () => {
    const examples = ["a", "abcd", "abcdefgh"].map((text, index) => ({
      id: `train:${index}`,
      text,
      label: 0,
    }));
    const result = tokenizeExamples(examples, characterTokenizer, { maxLength: 5 });
    expect([...result.lengths]).toEqual([2, 5, 5]);
    expect(result.truncatedCount).toBe(1);
  });

  it("refuses a tokenizer that does not keep to the length", () => {
    const tokenizer: SequenceTokenizer = {
      padTokenId: 0,
      encode: () => ({ inputIds: [1, 2, 3], typeIds: [0, 0, 0], truncated: false }),
    };
    const examples = [{ id: "dev:4", text: "x", label: 0 }];
    expect(() => tokenizeExamples(examples, tokenizer, { maxLength: 2 })).toThrow(
      /3 tokens.*dev:4.*from 1 to 2/,
    );
  });
});
