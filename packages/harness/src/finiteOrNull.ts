/** The number as JSON can hold it, which has neither NaN nor infinity. */
export function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
