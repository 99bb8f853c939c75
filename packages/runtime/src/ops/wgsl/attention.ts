import type { AttentionAttributes } from "../attentionProblem.ts";
import type { KernelContext, KernelDispatch } from "../kernel.ts";
import { gridOf, input, output, u32 } from "../kernel.ts";
import { attentionParts, keptFactor, upTo } from "./attentionParts.ts";
import { hashFunction } from "./hash.ts";
import { POWER_BELOW } from "./softmax.ts";
import { ELEMENT_THREADS, LOWEST, mainPerElement } from "./source.ts";

/**
 * Attention without a matrix of scores (the online softmax of Milakov and Gimelshein 2018, in the order of loops of
 * FlashAttention-2).
 *
 * Strategy: a thread keeps a few queries of one head and their results in registers, and streams the row's keys and
 * values; what was summed is rescaled only where the largest score has grown, which becomes rare. Neighbouring threads
 * have neighbouring queries, so on a GPU their loads of keys and values are of one address. On a software adapter, where
 * loads cost most, a thread has several queries to a load. Heads are read by stride from where linear layers put them.
 * No barriers, no workgroup memory, no subgroups; each sum in one fixed order. One key a turn, since llvmpipe compiles
 * long loop bodies for tens of seconds; for the same reason, the larger the head the fewer queries a thread has.
 * Limits: edges are computed twice by one thread; head sizes above 64 press on a GPU's registers.
 */
export function attentionKernels(context: KernelContext<AttentionAttributes>): readonly KernelDispatch[] {
  const parts = attentionParts(context);
  const { chunks, element, load, store, headStart, hasDropout, visibleKeys } = parts;
  const { rows, heads, queries } = parts.sizes;
  const perThread = context.device.isSoftware ? (chunks.length <= 8 ? 4 : chunks.length <= 16 ? 2 : 1) : 1;
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
  const scores = chunks.flatMap((c) => [
    `    let k_${c} = ${load("k", "keyStart", c)};`,
    ...own.map((r) => `    score${r} += dot(q${r}_${c}, k_${c});`),
  ]);
  const hide = own.map(
    (r) => `    score${r} = select(${LOWEST}, score${r} * u.scale + keyBias, place < end${r});`,
  );
  const rescale = own.flatMap((r) => [
    `      let next${r} = max(largest${r}, score${r});`,
    `      let shrink${r} = powerBelow(largest${r} - next${r});`,
    `      largest${r} = next${r};`,
    `      sum${r} *= shrink${r};`,
    ...chunks.map((c) => `      result${r}_${c} *= shrink${r};`),
  ]);
  const powers = own.flatMap((r) => [
    `    ${hasDropout ? "var" : "let"} power${r} = select(0.0, powerBelow(score${r} - largest${r}), place < end${r});`,
    `    sum${r} += power${r};`,
    ...(hasDropout
      ? [`    power${r} *= keptFactor((slice * u.queries + query${r}) * u.keys + place, salted);`]
      : []),
  ]);
  const values = chunks.flatMap((c) => [
    `    let v_${c} = ${load("v", "keyStart", c)};`,
    ...own.map((r) => `    result${r}_${c} += power${r} * v_${c};`),
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
      wgsl: `// attention: a thread has ${perThread} queries of one head, and streams keys and values.
${POWER_BELOW}${hasDropout ? `${hashFunction("mixedKey", "u32")}${keptFactor()}` : ""}${mainPerElement(
  `  let block = index % u.blocks;
  let slice = index / u.blocks;
  let head = slice % u.heads;
  let row = slice / u.heads;
${hasDropout ? "  let salted = mixedKey(noiseKey[0] ^ u.saltHash);\n" : ""}${before.join("\n")}
  for (var place = 0u; place < end${perThread - 1}; place++) {
    let keyStart = ${headStart("row * u.keys + place")};
    let keyBias = bias[row * u.keys + place];
${own.map((r) => `    var score${r} = 0.0;`).join("\n")}
${scores.join("\n")}
${hide.join("\n")}
    if (${own.map((r) => `score${r} > largest${r}`).join(" || ")}) {
${rescale.join("\n")}
    }
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
