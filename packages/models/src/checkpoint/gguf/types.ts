import { decodeFloat32 } from "../dtypes.ts";
import { decodeQ4_0, Q4_0_BLOCK } from "./quantization/q4_0.ts";
import { decodeQ4_1, Q4_1_BLOCK } from "./quantization/q4_1.ts";
import { decodeQ4_K, Q4_K_BLOCK } from "./quantization/q4_k.ts";
import { decodeQ6_K, Q6_K_BLOCK } from "./quantization/q6_k.ts";
import { decodeQ8_0, Q8_0_BLOCK } from "./quantization/q8_0.ts";

/** How GGUF stores the elements of a tensor: in blocks, each of which stands by itself. */
export interface GgmlType {
  readonly name: string;
  readonly block: { readonly elements: number; readonly bytes: number };
  /** Blocks one after another, from the beginning of their buffer, as 32-bit floats, each rounded at most once. */
  decode(bytes: Uint8Array<ArrayBuffer>): Float32Array<ArrayBuffer>;
}

/** By the number that stands in a file: `enum ggml_type` of ggml.h. */
const readable: ReadonlyMap<number, GgmlType> = new Map<number, GgmlType>([
  [0, { name: "F32", block: { elements: 1, bytes: 4 }, decode: (bytes) => decodeFloat32(bytes, "F32") }],
  [1, { name: "F16", block: { elements: 1, bytes: 2 }, decode: (bytes) => decodeFloat32(bytes, "F16") }],
  [2, { name: "Q4_0", block: Q4_0_BLOCK, decode: decodeQ4_0 }],
  [3, { name: "Q4_1", block: Q4_1_BLOCK, decode: decodeQ4_1 }],
  [8, { name: "Q8_0", block: Q8_0_BLOCK, decode: decodeQ8_0 }],
  [12, { name: "Q4_K", block: Q4_K_BLOCK, decode: decodeQ4_K }],
  [14, { name: "Q6_K", block: Q6_K_BLOCK, decode: decodeQ6_K }],
  [30, { name: "BF16", block: { elements: 1, bytes: 2 }, decode: (bytes) => decodeFloat32(bytes, "BF16") }],
]);

/** Types that are met in published files and are not read here, for messages. */
const otherNames: ReadonlyMap<number, string> = new Map([
  [6, "Q5_0"],
  [7, "Q5_1"],
  [10, "Q2_K"],
  [11, "Q3_K"],
  [13, "Q5_K"],
  [16, "IQ2_XXS"],
  [17, "IQ2_XS"],
  [18, "IQ3_XXS"],
  [19, "IQ1_S"],
  [20, "IQ4_NL"],
  [21, "IQ3_S"],
  [22, "IQ2_S"],
  [23, "IQ4_XS"],
  [28, "F64"],
]);

/** Null where the type is not read here. */
export function ggmlType(id: number): GgmlType | null {
  return readable.get(id) ?? null;
}

export function describeGgmlType(id: number): string {
  return readable.get(id)?.name ?? otherNames.get(id) ?? `number ${id}`;
}

export const readableGgmlTypes: readonly string[] = [...readable.values()].map(({ name }) => name);
