import type { AttentionAttributes } from "../attentionProblem.ts";
import type { KernelContext, KernelDispatch } from "../kernel.ts";
import { gridOf, input, output, u32 } from "../kernel.ts";
import { attentionParts, keptFactor, upTo } from "./attentionParts.ts";
import { hashFunction } from "./hash.ts";
import { ELEMENT_THREADS, LOWEST, mainPerElement } from "./source.ts";

/** Keys that share one rescaling of what was summed before. */
const KEYS = [0, 1, 2, 3] as const;

/**
 * Attention without a matrix of scores (the online softmax of Milakov and Gimelshein 2018, in the order of loops of
 * FlashAttention-2).
 *
 * Strategy: a thread keeps a few queries of one head and their results in registers, and streams the row's keys and
 * values in blocks of four: four scores a query, one rescaling of the result where the largest score has grown, four
 * steps of the sum. Neighbouring threads have neighbouring queries, so on a GPU their loads of keys and values are of one
 * address. On a software adapter, where loads cost most, a thread has several queries to a load. Heads are read by stride
 * from where linear layers put them. No barriers, no workgroup memory, no subgroups; each sum in one fixed order.
 * Limits: edges are computed twice by one thread; head sizes above 64 press on a GPU's registers.
 */
export function attentionKernels(context: KernelContext<AttentionAttributes>): readonly KernelDispatch[] {
  const parts = attentionParts(context);
  const { chunks, element, load, store, headStart, hasDropout, visibleKeys } = parts;
  const { rows, heads, queries } = parts.sizes;
  const perThread = context.device.isSoftware ? (chunks.length <= 8 ? 4 : 2) : 1;
  const own = upTo(perThread);
  const blocks = Math.ceil(queries / perThread);
  const count = rows * heads * blocks;

  const before = own.flatMap((r) => [
    `  let query${r} = min(block * ${perThread}u + ${r}u, u.queries - 1u);`,
    `  let start${r} = ${headStart(`row * u.queries + query${r}`)};`,
    `  let end${r} = ${visibleKeys(`query${r}`)};`,
    `  var largest${r} = ${LOWEST};`,
    `  var sum${r} = 0.0;`,
    ...chunks.flatMap((c) => [
      `  let q${r}_${c} = ${load("q", `start${r}`, c)};`,
      `  var result${r}_${c} = vec4f(0.0);`,
    ]),
  ]);
  const scores = KEYS.flatMap((t) => [
    `    let keyStart${t} = ${headStart(`row * u.keys + min(first + ${t}u, u.keys - 1u)`)};`,
    ...chunks.flatMap((c) => [
      `    let k${t}_${c} = ${load("k", `keyStart${t}`, c)};`,
      ...own.map((r) => `    products${r}[${t}] += dot(q${r}_${c}, k${t}_${c});`),
    ]),
  ]);
  const powers = own.flatMap((r) => [
    `    let seen${r} = places < vec4u(end${r});`,
    `    let scores${r} = select(vec4f(${LOWEST}), products${r} * u.scale + biases, seen${r});`,
    `    let pair${r} = max(scores${r}.xy, scores${r}.zw);`,
    `    let next${r} = max(largest${r}, max(pair${r}.x, pair${r}.y));`,
    `    let shrink${r} = powersBelow(vec4f(largest${r} - next${r})).x;`,
    `    ${hasDropout ? "var" : "let"} powers${r} = select(vec4f(0.0), powersBelow(scores${r} - next${r}), seen${r});`,
    `    sum${r} = sum${r} * shrink${r} + dot(powers${r}, vec4f(1.0));`,
    `    largest${r} = next${r};`,
    ...(hasDropout
      ? [`    powers${r} *= keptFactor((slice * u.queries + query${r}) * u.keys + places, salted);`]
      : []),
  ]);
  const values = chunks.flatMap((c) => [
    ...KEYS.map((t) => `    let v${t}_${c} = ${load("v", `keyStart${t}`, c)};`),
    ...own.map((r) => {
      const added = KEYS.map((t) => `powers${r}[${t}] * v${t}_${c}`).join(" + ");
      return `    result${r}_${c} = result${r}_${c} * shrink${r} + (${added});`;
    }),
  ]);
  const after = own.flatMap((r) => [
    `  let inverse${r} = 1.0 / sum${r};`,
    ...chunks.map((c) => `  ${store("context", `start${r}`, c, `result${r}_${c} * inverse${r}`)}`),
    `  statistics[2u * (slice * u.queries + query${r})] = largest${r};`,
    `  statistics[2u * (slice * u.queries + query${r}) + 1u] = inverse${r};`,
  ]);
  return [
    {
      name: "attention",
      wgsl: `// attention: a thread has ${perThread} queries of one head, and streams keys and values in blocks of four.
fn powersBelow(differences: vec4f) -> vec4f {
  return select(vec4f(0.0), exp(max(differences, vec4f(-87.0))), differences > vec4f(-87.0));
}
${hasDropout ? `${hashFunction("mixedKey", "u32")}${keptFactor("vec4<u32>")}` : ""}${mainPerElement(
  `  let block = index % u.blocks;
  let slice = index / u.blocks;
  let head = slice % u.heads;
  let row = slice / u.heads;
${hasDropout ? "  let salted = mixedKey(noiseKey[0] ^ u.saltHash);\n" : ""}${before.join("\n")}
  for (var first = 0u; first < end${perThread - 1}; first += 4u) {
    let places = vec4u(first) + vec4u(0u, 1u, 2u, 3u);
    let biasPlaces = row * u.keys + min(places, vec4u(u.keys - 1u));
    let biases = vec4f(bias[biasPlaces.x], bias[biasPlaces.y], bias[biasPlaces.z], bias[biasPlaces.w]);
${own.map((r) => `    var products${r} = vec4f(0.0);`).join("\n")}
${scores.join("\n")}
${powers.join("\n")}
${values.join("\n")}
  }
${after.join("\n")}`,
)}`,
      bindings: [
        input(0, "q", element),
        input(1, "k", element),
        input(2, "v", element),
        input(3, "bias", "f32"),
        ...(hasDropout ? [input(4, "noiseKey", "u32")] : []),
        output(0, "context", element),
        output(1, "statistics", "f32"),
      ],
      uniforms: [u32("count", count), u32("blocks", blocks), ...parts.uniforms],
      workgroups: gridOf(Math.ceil(count / ELEMENT_THREADS), context.device),
    },
  ];
}
