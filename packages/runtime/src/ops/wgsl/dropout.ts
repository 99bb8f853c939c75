import { hashU32 } from "../../random/counterHash.ts";
import type { DropoutAttributes } from "../dropout.ts";
import { f32, u32 } from "../kernel.ts";
import type { ElementwiseRule } from "../op.ts";
import { hashFunction } from "./hash.ts";

/**
 * Inverted dropout with the mask of `dropoutMaskReference`, computed anew wherever it is needed: the upper `noiseBits`
 * of an element's hash are compared with the threshold of the probability.
 */
export function dropoutRule(
  noiseBits: number,
  thresholdOf: (probability: number) => number,
): ElementwiseRule<DropoutAttributes> {
  return {
    operands: ["x", "key"],
    wgsl:
      "x * select(T(0.0), T(scale), " +
      `hashOfPlace((firstElement + place) ^ U(hashOfKey(key ^ saltHash))) >> U(${32 - noiseBits}u) >= U(threshold))`,
    functions: hashFunction("hashOfKey", "u32") + hashFunction("hashOfPlace", "U"),
    numbers: ({ firstElement = 0, salt, probability }) => [
      u32("firstElement", firstElement),
      u32("saltHash", hashU32(salt)),
      u32("threshold", thresholdOf(probability)),
      f32("scale", 1 / (1 - probability)),
    ],
  };
}
