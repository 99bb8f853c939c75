import type { TokenRows } from "../rows.ts";

/** How often each n-gram occurs, found by binary search; n-grams are numbers, the last token least significant. */
export interface NgramCounts {
  readonly keys: Float64Array;
  readonly counts: Int32Array;
}

/** Counts of all n-grams inside the rows, special tokens included and padding not. */
export function countNgrams(rows: TokenRows, n: number, vocabularySize: number): NgramCounts {
  if (vocabularySize ** n > Number.MAX_SAFE_INTEGER) {
    throw new RangeError(`${n}-grams of ${vocabularySize} tokens are more than a number can tell apart.`);
  }
  let total = 0;
  for (const length of rows.lengths) total += Math.max(0, length - n + 1);
  const all = new Float64Array(total);
  let next = 0;
  for (let row = 0; row < rows.count; row++) {
    const from = row * rows.length;
    for (let place = 0; place + n <= (rows.lengths[row] as number); place++) {
      let key = 0;
      for (let offset = 0; offset < n; offset++) {
        key = key * vocabularySize + (rows.ids[from + place + offset] as number);
      }
      all[next++] = key;
    }
  }
  return runLengths(all.sort());
}

/** Distinct values of a sorted array, with how often each is there. */
function runLengths(sorted: Float64Array): NgramCounts {
  let distinct = 0;
  for (let index = 0; index < sorted.length; index++) if (sorted[index] !== sorted[index - 1]) distinct += 1;
  const [keys, counts] = [new Float64Array(distinct), new Int32Array(distinct)];
  let place = -1;
  for (let index = 0; index < sorted.length; index++) {
    if (sorted[index] !== sorted[index - 1]) keys[++place] = sorted[index] as number;
    counts[place] = (counts[place] as number) + 1;
  }
  return { keys, counts };
}

/** 0 for an n-gram that does not occur. */
export function countOf({ keys, counts }: NgramCounts, key: number): number {
  let [low, high] = [0, keys.length - 1];
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const found = keys[middle] as number;
    if (found === key) return counts[middle] as number;
    if (found < key) low = middle + 1;
    else high = middle - 1;
  }
  return 0;
}
