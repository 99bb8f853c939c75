/**
 * lowbias32 by Chris Wellons (public domain): a bijection of u32 with two wrapping multiplications.
 * The same few lines run as ONNX nodes and as WGSL, so noise has the same bits everywhere.
 */
export function hashU32(value: number): number {
  let hash = value >>> 0;
  hash ^= hash >>> 16;
  hash = Math.imul(hash, HASH_MULTIPLIERS[0]);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, HASH_MULTIPLIERS[1]);
  hash ^= hash >>> 16;
  return hash >>> 0;
}

export const HASH_MULTIPLIERS = [0x7feb352d, 0x846ca68b] as const;

/** The noise key of one training step, fed to the graph as a u32 scalar. */
export function noiseKey(seed: number, step: number): number {
  return hashU32((hashU32(seed) ^ step) >>> 0);
}
