import { elementCount } from "../../graph/spec.ts";
import { HASH_MULTIPLIERS, hashU32 } from "../../random/counterHash.ts";
import type { DropoutAttributes } from "../dropout.ts";
import type { KernelContext, KernelDispatch } from "../kernel.ts";
import { f32, gridOf, input, output, u32 } from "../kernel.ts";
import { ELEMENT_THREADS, mainPerElement } from "./source.ts";

/**
 * Inverted dropout with the mask of `dropoutMaskReference`, computed anew wherever it is needed: the upper `noiseBits`
 * of an element's hash are compared with `threshold`.
 */
export function dropoutKernel(
  { inputs, attributes, device, vectorize }: KernelContext<DropoutAttributes>,
  noiseBits: number,
  threshold: number,
): readonly KernelDispatch[] {
  const elements = elementCount(inputs[0]?.shape ?? []);
  const isVector = vectorize && elements % 4 === 0;
  const element = isVector ? "vec4<f32>" : "f32";
  const bits = isVector ? "vec4<u32>" : "u32";
  const count = isVector ? elements / 4 : elements;
  return [
    {
      name: "dropout",
      wgsl: `// dropout: one ${element} a thread; element i is kept where hash(i ^ hash(key ^ hash(salt))) is above a threshold.
fn mixKey(value: u32) -> u32 {
  return mixed(${bits}(value))${isVector ? ".x" : ""};
}
fn mixed(value: ${bits}) -> ${bits} {
  var hash = value ^ (value >> ${bits}(16u));
  hash *= ${bits}(${HASH_MULTIPLIERS[0]}u);
  hash ^= hash >> ${bits}(15u);
  hash *= ${bits}(${HASH_MULTIPLIERS[1]}u);
  return hash ^ (hash >> ${bits}(16u));
}
${mainPerElement(`  let salted = mixKey(key[0] ^ u.saltHash);
  let place = u.firstElement + ${isVector ? "vec4u(index * 4u) + vec4u(0u, 1u, 2u, 3u)" : "index"};
  let noise = mixed(place ^ ${bits}(salted)) >> ${bits}(${32 - noiseBits}u);
  y[index] = x[index] * select(${element}(0.0), ${element}(u.scale), noise >= ${bits}(u.threshold));`)}`,
      bindings: [input(0, "x", element), input(1, "key", "u32"), output(0, "y", element)],
      uniforms: [
        u32("count", count),
        u32("firstElement", attributes.firstElement ?? 0),
        u32("saltHash", hashU32(attributes.salt)),
        u32("threshold", threshold),
        f32("scale", 1 / (1 - attributes.probability)),
      ],
      workgroups: gridOf(Math.ceil(count / ELEMENT_THREADS), device),
    },
  ];
}
