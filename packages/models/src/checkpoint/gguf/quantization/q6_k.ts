import { halvesOfBlocks } from "./halves.ts";

/** Elements and bytes of ggml's `block_q6_K` (ggml-common.h): `uint8_t ql[128], qh[64]; int8_t scales[16]; ggml_half d`. */
export const Q6_K_BLOCK = { elements: 256, bytes: 210 } as const;

const highAt = 128;
const scalesAt = 192;
const blockScaleAt = 208;

/**
 * A value is `d * scale * (q - 32)`, with a scale for every 16. Each half of a block has four runs of 32: runs 0 and 1
 * have their low four bits in the low halves of `ql`, runs 2 and 3 in the high halves; two high bits come from `qh`.
 */
export function decodeQ6_K(bytes: Uint8Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  const blockScales = halvesOfBlocks(bytes, Q6_K_BLOCK.bytes, blockScaleAt);
  const signed = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new Float32Array(blockScales.length * Q6_K_BLOCK.elements);
  for (let block = 0, at = 0; block < blockScales.length; block++) {
    const start = block * Q6_K_BLOCK.bytes;
    for (let run = 0; run < 8; run++) {
      const half = run >> 2;
      const lowFrom = start + half * 64 + (run & 1) * 32;
      const lowShift = ((run >> 1) & 1) * 4;
      const highFrom = start + highAt + half * 32;
      const highShift = (run & 3) * 2;
      for (let index = 0; index < 32; index++) {
        const low = ((bytes[lowFrom + index] as number) >> lowShift) & 15;
        const high = ((bytes[highFrom + index] as number) >> highShift) & 3;
        const scale = signed[start + scalesAt + run * 2 + (index >> 4)] as number;
        values[at++] = (blockScales[block] as number) * scale * ((low | (high << 4)) - 32);
      }
    }
  }
  return values;
}
