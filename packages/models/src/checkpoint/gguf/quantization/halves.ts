import { decodeHalf } from "@peftbench/runtime";

/**
 * One 16-bit float of each block, such as its scale.
 * @param bytes blocks of `blockBytes` bytes one after another, from the beginning of their buffer
 * @param offset where the float is in a block, in bytes; even, as `blockBytes` is
 */
export function halvesOfBlocks(
  bytes: Uint8Array<ArrayBuffer>,
  blockBytes: number,
  offset: number,
): Float32Array {
  const all = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2);
  const halves = new Uint16Array(bytes.byteLength / blockBytes);
  for (let block = 0; block < halves.length; block++) {
    halves[block] = all[(block * blockBytes + offset) / 2] as number;
  }
  return decodeHalf(halves);
}
