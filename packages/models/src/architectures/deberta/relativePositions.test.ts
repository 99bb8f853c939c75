import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { relativeRow, usedRows } from "./relativePositions.ts";

interface Case {
  readonly positionBuckets: number;
  readonly maxRelativePositions: number;
  /** Distances go from 1 - length to length - 1. */
  readonly length: number;
  /** What `transformers` looks up for each of them. */
  readonly rows: readonly number[];
}

const file = join(import.meta.dirname, "../../../fixtures/deberta/relativeRows.json");
const cases = JSON.parse(await readFile(file, "utf8")) as readonly Case[];

describe.each(cases)("$positionBuckets buckets, $maxRelativePositions positions", (rule) => {
  it("gives every distance the row that transformers gives it", () => {
    expect(rule.rows.map((_, index) => relativeRow(index + 1 - rule.length, rule))).toEqual(rule.rows);
  });

  it.each([1, 2, rule.length - 1])("uses neighbouring rows of the table within %d tokens", (length) => {
    const { first, count, ofDistance } = usedRows(length, rule);
    expect(ofDistance.map((row) => row + first)).toEqual(
      Array.from({ length: 2 * length }, (_, index) => relativeRow(index - length, rule)),
    );
    expect(Math.min(...ofDistance)).toBe(0);
    expect(Math.max(...ofDistance)).toBe(count - 1);
    expect(first + count).toBeLessThanOrEqual(2 * rule.positionBuckets);
  });
});
