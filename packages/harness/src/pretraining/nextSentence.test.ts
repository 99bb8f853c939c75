import { createRandom } from "@peftbench/runtime";
import { describe, expect, it } from "vitest";
import { NEXT_SENTENCE_INPUTS, pairRows } from "./nextSentence.ts";
import { SPECIAL_IDS } from "./prepareText.ts";
import { packRows } from "./rows.ts";

const LENGTH = 16;
const DISTANCE = { least: 4, most: 10 };
/** One document whose tokens are all different, so that a token tells its row. */
const rows = packRows(
  [Int32Array.from({ length: 40 * LENGTH }, (_, index) => SPECIAL_IDS.firstOrdinary + index)],
  LENGTH,
  SPECIAL_IDS,
  new Set(),
);
const all = Array.from({ length: rows.count }, (_, row) => row);
const pair = (stream: string) => pairRows(rows, all, createRandom(0, stream), SPECIAL_IDS, DISTANCE);

/** Ordinary tokens of a row by segment. */
function segmentsOf({ ids, typeIds, lengths }: typeof rows, row: number) {
  const places = Array.from({ length: lengths[row] as number }, (_, place) => row * LENGTH + place);
  return [0, 1].map((type) =>
    places
      .filter((place) => typeIds[place] === type && (ids[place] as number) >= SPECIAL_IDS.firstOrdinary)
      .map((place) => ids[place] as number),
  ) as [number[], number[]];
}

describe("pairRows", () => {
  it("leaves first segments and rows of one segment, and labels a second segment by where it is from", () => {
    const rowOf = new Map(
      all.flatMap((row) => segmentsOf(rows, row).flatMap((ids) => ids.map((id) => [id, row]))),
    );
    const { rows: paired, inputs } = pair("a");
    const labels = inputs[NEXT_SENTENCE_INPUTS.labels] as Int32Array;
    const weights = inputs[NEXT_SENTENCE_INPUTS.pairWeight] as Float32Array;
    let strangers = 0;
    for (const row of all) {
      const [first, second] = segmentsOf(paired, row);
      const [ownFirst, ownSecond] = segmentsOf(rows, row);
      expect(first).toEqual(ownFirst);
      expect(weights[row] === 0).toBe(ownSecond.length === 0);
      if (labels[row] === 0) expect(second).toEqual(ownSecond);
      else {
        strangers += 1;
        const away = Math.abs((rowOf.get(second[0] as number) as number) - row);
        // Every other row is a pair: the nearest one after the place that was drawn.
        expect(Math.min(away, rows.count - away)).toBeGreaterThanOrEqual(DISTANCE.least - 1);
        expect(Math.min(away, rows.count - away)).toBeLessThanOrEqual(DISTANCE.most + 1);
      }
      if (second.length > 0) {
        expect(paired.ids[row * LENGTH + (paired.lengths[row] as number) - 1]).toBe(SPECIAL_IDS.end);
      }
    }
    expect(strangers).toBeGreaterThan(0);
    expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
  });

  it("takes half of the pairs, each time others, and the same for the same stream", () => {
    let [pairs, strangers] = [0, 0];
    for (let step = 0; step < 100; step++) {
      const { inputs } = pair(`${step}`);
      const labels = inputs[NEXT_SENTENCE_INPUTS.labels] as Int32Array;
      strangers += labels.reduce((sum, label) => sum + label, 0);
      pairs += (inputs[NEXT_SENTENCE_INPUTS.pairWeight] as Float32Array).filter(
        (weight) => weight > 0,
      ).length;
    }
    expect(Math.abs(strangers / pairs - 0.5)).toBeLessThan(5 * Math.sqrt(0.25 / pairs));
    expect(pair("7")).toEqual(pair("7"));
    expect(pair("7")).not.toEqual(pair("8"));
  });

  it("cuts a second segment that does not fit", () => {
    const { rows: paired } = pair("b");
    for (const row of all) expect(paired.lengths[row]).toBeLessThanOrEqual(LENGTH);
  });
});
