import { hashU32 } from "./counterHash.ts";

/** A seeded stream of numbers; the same seed and purpose give the same stream on every machine. */
export interface Random {
  /** Uniform in [0, 1), 32 bits. */
  uniform(): number;
  /** Normal with mean 0 and deviation 1. */
  normal(): number;
  /** Whole number in [0, bound). */
  integer(bound: number): number;
  /** The numbers 0..count-1 in random order. */
  permutation(count: number): Int32Array;
}

/**
 * A stream for `purpose` (a parameter's name, "shuffle"), independent of the streams for other purposes: a method that
 * draws more numbers does not change what another one sees. Counter-based: number i is a hash of (seed, purpose, i).
 */
export function createRandom(seed: number, purpose: string): Random {
  let key = hashU32(seed);
  for (const character of purpose) key = hashU32((key ^ (character.codePointAt(0) ?? 0)) >>> 0);
  let counter = 0;
  const next = (): number => {
    counter += 1;
    return hashU32((hashU32((counter ^ key) >>> 0) + key) >>> 0);
  };
  const uniform = (): number => next() / 2 ** 32;
  const normal = (): number => {
    // Box-Muller on (0, 1], so that the logarithm is finite.
    const radius = Math.sqrt(-2 * Math.log((next() + 1) / 2 ** 32));
    return radius * Math.cos(2 * Math.PI * uniform());
  };
  const integer = (bound: number): number => Math.floor(uniform() * bound);
  const permutation = (count: number): Int32Array => {
    const order = Int32Array.from({ length: count }, (_, index) => index);
    for (let index = count - 1; index > 0; index--) {
      const other = integer(index + 1);
      const swapped = order[index] as number;
      order[index] = order[other] as number;
      order[other] = swapped;
    }
    return order;
  };
  return { uniform, normal, integer, permutation };
}
