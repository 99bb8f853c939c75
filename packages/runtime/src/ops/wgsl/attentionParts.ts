import { hashU32 } from "../../random/counterHash.ts";
import type { AttentionAttributes, AttentionSizes } from "../attentionProblem.ts";
import { attentionSizes } from "../attentionProblem.ts";
import { dropoutThreshold, NOISE_BITS } from "../dropout.ts";
import type { KernelContext, KernelUniform, WgslElement } from "../kernel.ts";
import { f32, u32 } from "../kernel.ts";
import { hashFunction } from "./hash.ts";

/** What the kernels of attention, forward and backward, share: how they read heads, and the text of common lines. */
export interface AttentionParts {
  readonly sizes: AttentionSizes;
  readonly element: WgslElement;
  readonly chunks: readonly number[];
  readonly hasDropout: boolean;
  readonly uniforms: readonly KernelUniform[];
  /** Place of the head's first element in the array of a token. */
  readonly headStart: (token: string) => string;
  /** A chunk of four of a head, zeros behind its end. */
  readonly load: (array: string, start: string, chunk: number) => string;
  readonly store: (array: string, start: string, chunk: number, value: string) => string;
  /** How many of the first keys a query sees. */
  readonly visibleKeys: (query: string) => string;
}

export function attentionParts({
  inputs,
  attributes,
  vectorize,
}: KernelContext<AttentionAttributes>): AttentionParts {
  const sizes = attentionSizes(inputs, attributes);
  const { rows, heads, headSize, queries, keys } = sizes;
  const isVector = vectorize && headSize % 4 === 0;
  const width = isVector ? 4 : 1;
  const lanes = (chunk: number): readonly number[] =>
    [0, 1, 2, 3].filter((lane) => 4 * chunk + lane < headSize);
  return {
    sizes,
    element: isVector ? "vec4<f32>" : "f32",
    chunks: Array.from({ length: Math.ceil(headSize / 4) }, (_, chunk) => chunk),
    hasDropout: attributes.dropout !== null,
    uniforms: [
      u32("rows", rows),
      u32("heads", heads),
      u32("queries", queries),
      u32("keys", keys),
      u32("tokenStride", (heads * headSize) / width),
      u32("headStride", headSize / width),
      // Beside its own place: what the last query sees is the last key.
      u32("keysSeenByFirst", keys - queries + 1),
      u32("saltHash", attributes.dropout === null ? 0 : hashU32(attributes.dropout.salt)),
      u32("firstPlace", attributes.dropout?.firstElement ?? 0),
      u32("threshold", dropoutThreshold(attributes.dropout?.probability ?? 0)),
      f32("keptScale", 1 / (1 - (attributes.dropout?.probability ?? 0))),
      f32("scale", attributes.scale),
    ],
    headStart: (token) => `(${token}) * u.tokenStride + head * u.headStride`,
    load: (array, start, chunk) =>
      isVector
        ? `${array}[${start} + ${chunk}u]`
        : `vec4f(${[0, 1, 2, 3]
            .map((lane) =>
              lanes(chunk).includes(lane) ? `${array}[${start} + ${4 * chunk + lane}u]` : "0.0",
            )
            .join(", ")})`,
    store: (array, start, chunk, value) =>
      isVector
        ? `${array}[${start} + ${chunk}u] = ${value};`
        : lanes(chunk)
            .map((lane) => `${array}[${start} + ${4 * chunk + lane}u] = (${value})[${lane}];`)
            .join(" "),
    visibleKeys: (query) => (attributes.causal ? `${query} + u.keysSeenByFirst` : "u.keys"),
  };
}

export function upTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/** `keptFactor(place, salted)`: the factor of the op `dropout` on element `place` of the probabilities. */
export function keptFactor(): string {
  return `${hashFunction("mixed", "u32")}
fn keptFactor(place: u32, salted: u32) -> f32 {
  return select(0.0, u.keptScale, (mixed((place + u.firstPlace) ^ salted) >> ${32 - NOISE_BITS}u) >= u.threshold);
}
`;
}
