/**
 * Holm's step-down correction: p-values that hold together at any level, without assuming that tests are independent.
 * @param pValues each from 0 to 1
 * @returns adjusted p-values in the same order, at most 1
 * @throws {RangeError} for a value that is no probability
 */
export function holm(pValues: readonly number[]): readonly number[] {
  const wrong = pValues.find((pValue) => !(pValue >= 0 && pValue <= 1));
  if (wrong !== undefined) throw new RangeError(`Found the p-value ${wrong}; expected numbers from 0 to 1.`);
  const rising = pValues
    .map((pValue, position) => ({ pValue, position }))
    .sort((a, b) => a.pValue - b.pValue);
  const adjusted = new Array<number>(pValues.length);
  let largest = 0;
  rising.forEach(({ pValue, position }, rank) => {
    largest = Math.max(largest, Math.min(1, pValue * (pValues.length - rank)));
    adjusted[position] = largest;
  });
  return adjusted;
}
