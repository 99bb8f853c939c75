import { halvesOfBlocks } from "./halves.ts";

/** Elements and bytes of ggml's `block_q4_1` (ggml-common.h): `ggml_half d, m; uint8_t qs[16]`. */
export const Q4_1_BLOCK = { elements: 32, bytes: 20 } as const;

/** Value i of a block is `d * q + m`, with q the low half of `qs[i]` for the first 16, and the high half for the rest. */
export function decodeQ4_1(bytes: Uint8Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  const scales = halvesOfBlocks(bytes, Q4_1_BLOCK.bytes, 0);
  const minima = halvesOfBlocks(bytes, Q4_1_BLOCK.bytes, 2);
  const values = new Float32Array(scales.length * Q4_1_BLOCK.elements);
  const half = Q4_1_BLOCK.elements / 2;
  for (let block = 0; block < scales.length; block++) {
    const scale = scales[block] as number;
    const minimum = minima[block] as number;
    const from = block * Q4_1_BLOCK.bytes + 4;
    const to = block * Q4_1_BLOCK.elements;
    for (let index = 0; index < half; index++) {
      const pair = bytes[from + index] as number;
      values[to + index] = scale * (pair & 15) + minimum;
      values[to + half + index] = scale * (pair >> 4) + minimum;
    }
  }
  return values;
}
