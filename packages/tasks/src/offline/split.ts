import { createHash } from "node:crypto";
import type { LabelledText } from "../task.ts";

/** Rows in an order that depends on nothing but their text: by the sha256 of it. */
export function inHashOrder(rows: readonly LabelledText[]): readonly LabelledText[] {
  return rows
    .map((row) => ({ row, hash: createHash("sha256").update(row.text).digest("hex") }))
    .sort((a, b) => (a.hash < b.hash ? -1 : a.hash > b.hash ? 1 : 0))
    .map(({ row }) => row);
}

/** The first `count` rows of every label, in the order given. */
export function firstOfEach(rows: readonly LabelledText[], count: number): readonly LabelledText[] {
  const taken = new Map<number, number>();
  return rows.filter(({ label }) => {
    const place = taken.get(label) ?? 0;
    taken.set(label, place + 1);
    return place < count;
  });
}

/** Rows whose key no earlier row has. */
export function withoutRepeats(
  rows: readonly LabelledText[],
  keyOf: (text: string) => string,
): readonly LabelledText[] {
  const seen = new Set<string>();
  return rows.filter(({ text }) => {
    const key = keyOf(text);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
