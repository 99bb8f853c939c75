import { suggestion, UsageError } from "./usageError.ts";

/** One of the allowed words. @throws {UsageError} */
export function oneOf<const Word extends string>(
  option: string,
  value: string,
  allowed: readonly Word[],
): Word {
  const found = allowed.find((word) => word === value);
  if (found !== undefined) return found;
  throw new UsageError(
    `${option}: found ${JSON.stringify(value)}.${suggestion(value, allowed)} Allowed: ${allowed.join(", ")}.`,
  );
}

/** Words between commas, each allowed and none twice. @throws {UsageError} */
export function listOf(option: string, value: string, allowed: readonly string[]): readonly string[] {
  const words = commaList(option, value);
  const twice = words.find((word, index) => words.indexOf(word) !== index);
  if (twice !== undefined) throw new UsageError(`${option}: found ${twice} twice; give it once.`);
  return words.map((word) => oneOf(option, word, allowed));
}

/** Words between commas, at least one. @throws {UsageError} */
function commaList(option: string, value: string): readonly string[] {
  const words = value
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "");
  if (words.length === 0) {
    throw new UsageError(`${option}: found ${JSON.stringify(value)}; expected words between commas: a,b.`);
  }
  return words;
}

/** @throws {UsageError} */
export function wholeNumber(option: string, value: string, least: number): number {
  const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
  if (Number.isSafeInteger(number) && number >= least) return number;
  throw new UsageError(
    `${option}: found ${JSON.stringify(value)}; expected a whole number of at least ${least}, such as ${Math.max(least, 8)}.`,
  );
}

/** @throws {UsageError} */
export function positiveNumber(option: string, value: string, example = "5e-4"): number {
  const number = isDecimal(value) ? Number(value) : Number.NaN;
  if (Number.isFinite(number) && number > 0) return number;
  throw new UsageError(
    `${option}: found ${JSON.stringify(value)}; expected a number above 0, such as ${example}.`,
  );
}

/** @throws {UsageError} */
export function probability(option: string, value: string): number {
  const number = isDecimal(value) ? Number(value) : Number.NaN;
  if (number >= 0 && number < 1) return number;
  throw new UsageError(
    `${option}: found ${JSON.stringify(value)}; expected a number from 0 to below 1, such as 0.1.`,
  );
}

/** `3` is the seeds 0, 1, 2; `4,7` is the seeds 4 and 7, and `7,` the seed 7 alone. @throws {UsageError} */
export function seedList(option: string, value: string): readonly number[] {
  if (!value.includes(",")) {
    if (!/^[1-9]\d*$/.test(value)) {
      throw new UsageError(
        `${option}: found ${JSON.stringify(value)}; expected how many seeds, such as 3, or which ones between commas, such as 4,7.`,
      );
    }
    return Array.from({ length: wholeNumber(option, value, 1) }, (_, seed) => seed);
  }
  const seeds = commaList(option, value).map((word) => wholeNumber(option, word, 0));
  const twice = seeds.find((seed, index) => seeds.indexOf(seed) !== index);
  if (twice !== undefined) throw new UsageError(`${option}: found seed ${twice} twice; give it once.`);
  return seeds;
}

/** `5e-4` for all, or `a=5e-4,b=5e-5` by method. @throws {UsageError} */
export function numberByName(
  option: string,
  value: string,
  allowed: readonly string[],
): { readonly all: number | null; readonly byName: ReadonlyMap<string, number> } {
  if (!value.includes("=")) return { all: positiveNumber(option, value), byName: new Map() };
  const byName = new Map<string, number>();
  for (const part of commaList(option, value)) {
    const [name = "", number = ""] = part.split("=");
    oneOf(option, name, allowed);
    if (byName.has(name)) throw new UsageError(`${option}: found ${name} twice; give it once.`);
    byName.set(name, positiveNumber(`${option} of ${name}`, number));
  }
  return { all: null, byName };
}

function isDecimal(value: string): boolean {
  return /^\d*\.?\d+(e[+-]?\d+)?$/i.test(value);
}
