import { halvesOfBlocks } from "./halves.ts";

/** Elements and bytes of ggml's `block_q8_0` (ggml-common.h): `ggml_half d; int8_t qs[32]`. */
export const Q8_0_BLOCK = { elements: 32, bytes: 34 } as const;

/** Value i of a block is `d * qs[i]`. */
export function decodeQ8_0(bytes: Uint8Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  const scales = halvesOfBlocks(bytes, Q8_0_BLOCK.bytes, 0);
  const signed = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new Float32Array(scales.length * Q8_0_BLOCK.elements);
  for (let block = 0, at = 0; block < scales.length; block++) {
    const scale = scales[block] as number;
    const start = block * Q8_0_BLOCK.bytes + 2;
    for (let index = 0; index < Q8_0_BLOCK.elements; index++) {
      values[at++] = scale * (signed[start + index] as number);
    }
  }
  return values;
}
