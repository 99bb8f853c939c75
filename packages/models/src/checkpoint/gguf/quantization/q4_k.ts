import { halvesOfBlocks } from "./halves.ts";

/** Elements and bytes of ggml's `block_q4_K` (ggml-common.h): `ggml_half d, dmin; uint8_t scales[12], qs[128]`. */
export const Q4_K_BLOCK = { elements: 256, bytes: 144 } as const;

const groupElements = 32;
const scalesAt = 4;
const quantsAt = 16;

/**
 * A block has eight groups of 32. A value of group g is `d * scale[g] * q - dmin * minimum[g]`; group 2k has the low
 * halves of `qs[32k..]`, group 2k + 1 the high halves.
 */
export function decodeQ4_K(bytes: Uint8Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  const blockScales = halvesOfBlocks(bytes, Q4_K_BLOCK.bytes, 0);
  const blockMinima = halvesOfBlocks(bytes, Q4_K_BLOCK.bytes, 2);
  const values = new Float32Array(blockScales.length * Q4_K_BLOCK.elements);
  for (let block = 0, at = 0; block < blockScales.length; block++) {
    const start = block * Q4_K_BLOCK.bytes;
    for (let group = 0; group < 8; group++) {
      const scale = (blockScales[block] as number) * scaleOf(bytes, start + scalesAt, group);
      const minimum = (blockMinima[block] as number) * minimumOf(bytes, start + scalesAt, group);
      const from = start + quantsAt + (group >> 1) * groupElements;
      const shift = (group & 1) * 4;
      for (let index = 0; index < groupElements; index++) {
        values[at++] = scale * (((bytes[from + index] as number) >> shift) & 15) - minimum;
      }
    }
  }
  return values;
}

// `get_scale_min_k4` of ggml-quants.c. Of groups 0 to 3, bytes 0 to 3 hold the scale and bytes 4 to 7 the minimum in
// their low six bits. Of groups 4 to 7, bytes 8 to 11 hold the low four bits of the scale (low half) and of the minimum
// (high half), and the two bits that are left in the bytes before hold the high two of each.

function scaleOf(bytes: Uint8Array, scales: number, group: number): number {
  if (group < 4) return (bytes[scales + group] as number) & 63;
  const low = (bytes[scales + group + 4] as number) & 15;
  return low | (((bytes[scales + group - 4] as number) >> 6) << 4);
}

function minimumOf(bytes: Uint8Array, scales: number, group: number): number {
  if (group < 4) return (bytes[scales + group + 4] as number) & 63;
  const low = (bytes[scales + group + 4] as number) >> 4;
  return low | (((bytes[scales + group] as number) >> 6) << 4);
}
