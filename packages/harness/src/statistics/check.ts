/** @throws {RangeError} unless the value lies between 0 and 1, both left out */
export function checkShare(name: string, value: number): void {
  if (value > 0 && value < 1) return;
  throw new RangeError(`The ${name} is ${value}; expected a number between 0 and 1.`);
}

/** @throws {RangeError} naming the first value that is not finite */
export function checkFinite(values: readonly number[]): void {
  const wrong = values.find((value) => !Number.isFinite(value));
  if (wrong === undefined) return;
  throw new RangeError(
    `Found the value ${wrong}; expected finite numbers. Leave failed runs out and say so.`,
  );
}

/** @throws {RangeError} where a list is not as long as expected */
export function checkLength(name: string, found: number, expected: number): void {
  if (found === expected) return;
  throw new RangeError(
    `Found ${found} ${name}; expected ${expected}, one an example. Pass both sides in the same order of examples.`,
  );
}
