/** Lengths of longest common subsequences of all beginnings of two lists: (a + 1) rows of (b + 1) columns. */
function lengthTable(a: readonly string[], b: readonly string[]): Uint32Array {
  const columns = b.length + 1;
  const table = new Uint32Array((a.length + 1) * columns);
  for (let row = 1; row <= a.length; row++) {
    const word = a[row - 1];
    for (let column = 1; column <= b.length; column++) {
      const here = row * columns + column;
      table[here] =
        word === b[column - 1]
          ? (table[here - columns - 1] ?? 0) + 1
          : Math.max(table[here - columns] ?? 0, table[here - 1] ?? 0);
    }
  }
  return table;
}

/** Length of the longest common subsequence of two lists. */
export function lcsLength(a: readonly string[], b: readonly string[]): number {
  return lengthTable(a, b).at(-1) ?? 0;
}

/**
 * Positions in `a`, falling, of one longest common subsequence with `b`. Of several, that which `rouge-score` takes:
 * traced from the end, `b` is shortened only where that keeps more than shortening `a` does.
 */
export function lcsPositions(a: readonly string[], b: readonly string[]): readonly number[] {
  const table = lengthTable(a, b);
  const columns = b.length + 1;
  const positions: number[] = [];
  let [row, column] = [a.length, b.length];
  while (row > 0 && column > 0) {
    const here = row * columns + column;
    if (a[row - 1] === b[column - 1]) {
      positions.push(row - 1);
      row--;
      column--;
    } else if ((table[here - 1] ?? 0) > (table[here - columns] ?? 0)) column--;
    else row--;
  }
  return positions;
}
