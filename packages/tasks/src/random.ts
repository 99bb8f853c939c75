import { TaskArgumentError } from "./errors.ts";

/** The next number of a random sequence, uniform in [0, 1). */
export type RandomSource = () => number;

/**
 * What a random sequence is for. Mixed into its seed, so that one seed gives unrelated sequences for the subset,
 * the split and the order of batches. The numbers are part of every result: never change or reuse one.
 */
export const randomStreams = { subset: 1, selection: 2, epoch: 3, glueMini: 4 } as const;

/**
 * A random sequence that depends on nothing but its key: sfc32 (Chris Doty-Humphrey's PractRand) on a state hashed
 * out of the key, the first outputs thrown away. Not for secrets.
 * @param key non-negative safe integers, such as [stream, seed, epoch]
 */
export function keyedRandom(key: readonly number[]): RandomSource {
  const words = key.flatMap((part) => {
    if (!Number.isSafeInteger(part) || part < 0) {
      throw new TaskArgumentError(
        `A seed or epoch is ${part}; expected a whole number from 0 to ${Number.MAX_SAFE_INTEGER}.`,
      );
    }
    return [part >>> 0, Math.floor(part / 2 ** 32)];
  });
  let a = hashWords(words, 0x9e3779b9);
  let b = hashWords(words, 0x243f6a88);
  let c = hashWords(words, 0xb7e15162);
  let counter = 1;
  const next: RandomSource = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let round = 0; round < 12; round++) next();
  return next;
}

/** A new array of the numbers 0 to count - 1 in random order (Fisher and Yates). */
export function randomOrder(count: number, random: RandomSource): Int32Array {
  const order = Int32Array.from({ length: count }, (_, index) => index);
  shuffle(order, random);
  return order;
}

/** Brings a list into random order, in place. */
export function shuffle(
  list: { [index: number]: number; readonly length: number },
  random: RandomSource,
): void {
  for (let last = list.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    const kept = list[last] ?? 0;
    list[last] = list[other] ?? 0;
    list[other] = kept;
  }
}

/** MurmurHash3's 32-bit mixing (Austin Appleby, public domain) over a list of words. */
function hashWords(words: readonly number[], salt: number): number {
  let hash = salt | 0;
  for (const word of words) {
    const mixed = Math.imul(rotate(Math.imul(word, 0xcc9e2d51), 15), 0x1b873593);
    hash = (Math.imul(rotate(hash ^ mixed, 13), 5) + 0xe6546b64) | 0;
  }
  hash ^= words.length * 4;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
