import type { AttentionGradientAttributes } from "../attentionProblem.ts";
import type { KernelBinding, KernelContext, KernelDispatch } from "../kernel.ts";
import { gridOf, input, output, scratch, u32 } from "../kernel.ts";
import type { AttentionParts } from "./attentionParts.ts";
import { attentionParts, keptFactor, upTo } from "./attentionParts.ts";
import { hashFunction } from "./hash.ts";
import { POWER_BELOW } from "./softmax.ts";
import { ELEMENT_THREADS, mainPerElement } from "./source.ts";

/**
 * Gradients of attention without a matrix of scores (Dao 2023, FlashAttention-2): with p the probabilities, m dropout's
 * factors and g the context's gradient,
 * `dv = (p m)ᵀ g`, `ds = p (m (g vᵀ) - shared)` with `shared = sum(context g)` a query, `dq = scale ds k`, `dk = scale dsᵀ q`.
 *
 * Strategy, in up to three dispatches:
 * 1. what belongs to a query (statistics, `shared`, dropout's salted key) is written beside each other into scratch
 *    memory, as bits, so that the others stay within the eight buffers that every device binds;
 * 2. dq: a thread keeps queries of one head in registers and streams keys and values;
 * 3. dk and dv: a thread keeps keys and values of one head in registers and streams queries.
 * Probabilities are made in both: twice the arithmetic, but no atomics, and each sum in one fixed order.
 * Limits: edges are computed twice by one thread; head sizes above 32 press on a GPU's registers in dk and dv.
 */
export function attentionGradientKernels(
  context: KernelContext<AttentionGradientAttributes>,
): readonly KernelDispatch[] {
  const parts = attentionParts(context);
  const { rows, heads, queries } = parts.sizes;
  const { wanted } = context.attributes;
  const facts = scratch(rows * heads * queries * 16, "facts", "vec4<u32>");
  return [
    factsKernel(context, parts, facts),
    ...(wanted.includes("query") ? [queryKernel(context, parts, facts)] : []),
    ...(wanted.includes("key") || wanted.includes("value") ? [keyValueKernel(context, parts, facts)] : []),
  ];
}

function factsKernel(
  context: KernelContext<AttentionGradientAttributes>,
  { sizes, chunks, element, load, headStart, hasDropout, uniforms }: AttentionParts,
  facts: KernelBinding,
): KernelDispatch {
  const count = sizes.rows * sizes.heads * sizes.queries;
  return {
    name: "attentionGradient: rows",
    wgsl: `// attentionGradient: largest score, 1 / sum of powers, sum(context g) and salted noise key of a query, as bits.
${hasDropout ? hashFunction("mixedKey", "u32") : ""}${mainPerElement(`  let slice = index / u.queries;
  let head = slice % u.heads;
  let start = ${headStart("(slice / u.heads) * u.queries + index % u.queries")};
  var shared_ = 0.0;
${chunks.map((c) => `  shared_ += dot(${load("context", "start", c)}, ${load("g", "start", c)});`).join("\n")}
  let numbers = vec3f(statistics[2u * index], statistics[2u * index + 1u], shared_);
  facts[index] = vec4u(bitcast<vec3u>(numbers), ${hasDropout ? "mixedKey(noiseKey[0] ^ u.saltHash)" : "0u"});`)}`,
    bindings: [
      input(4, "context", element),
      input(5, "statistics", "f32"),
      input(6, "g", element),
      ...(hasDropout ? [input(7, "noiseKey", "u32")] : []),
      facts,
    ],
    uniforms: [u32("count", count), ...uniforms],
    workgroups: gridOf(Math.ceil(count / ELEMENT_THREADS), context.device),
  };
}

/** Queries or keys of a thread: several where loads cost more than registers and compilers can bear it. */
function ownPerThread(
  { device }: KernelContext<AttentionGradientAttributes>,
  { chunks }: AttentionParts,
): number {
  return device.isSoftware && chunks.length <= 8 ? 2 : 1;
}

function queryKernel(
  context: KernelContext<AttentionGradientAttributes>,
  parts: AttentionParts,
  facts: KernelBinding,
): KernelDispatch {
  const { sizes, chunks, element, load, store, headStart, hasDropout, visibleKeys, uniforms } = parts;
  const perThread = ownPerThread(context, parts);
  const own = upTo(perThread);
  const blocks = Math.ceil(sizes.queries / perThread);
  const count = sizes.rows * sizes.heads * blocks;
  const before = own.flatMap((r) => [
    `  let query${r} = min(block * ${perThread}u + ${r}u, u.queries - 1u);`,
    `  let start${r} = ${headStart(`row * u.queries + query${r}`)};`,
    `  let end${r} = ${visibleKeys(`query${r}`)};`,
    `  let facts${r} = facts[slice * u.queries + query${r}];`,
    `  let numbers${r} = bitcast<vec3f>(facts${r}.xyz);`,
    ...chunks.flatMap((c) => [
      `  let q${r}_${c} = ${load("q", `start${r}`, c)};`,
      `  let g${r}_${c} = ${load("g", `start${r}`, c)};`,
      `  var sum${r}_${c} = vec4f(0.0);`,
    ]),
  ]);
  const scores = chunks.flatMap((c) => [
    `    let k_${c} = ${load("k", "keyStart", c)};`,
    `    let v_${c} = ${load("v", "keyStart", c)};`,
    ...own.flatMap((r) => [
      `    score${r} += dot(q${r}_${c}, k_${c});`,
      `    value${r} += dot(g${r}_${c}, v_${c});`,
    ]),
  ]);
  const place = (r: number): string => `(slice * u.queries + query${r}) * u.keys + place`;
  const sums = own.flatMap((r) => [
    `    let power${r} = powerBelow(score${r} * u.scale + keyBias - numbers${r}.x) * numbers${r}.y;`,
    ...(hasDropout ? [`    value${r} *= keptFactor(${place(r)}, facts${r}.w);`] : []),
    `    let ds${r} = select(0.0, power${r} * (value${r} - numbers${r}.z) * u.scale, place < end${r});`,
    ...chunks.map((c) => `    sum${r}_${c} += ds${r} * k_${c};`),
  ]);
  const after = own.flatMap((r) => chunks.map((c) => `  ${store("dq", `start${r}`, c, `sum${r}_${c}`)}`));
  return {
    name: "attentionGradient: query",
    wgsl: `// attentionGradient: a thread has ${perThread} queries of one head, and streams keys and values.
${POWER_BELOW}${hasDropout ? keptFactor() : ""}${mainPerElement(`  let block = index % u.blocks;
  let slice = index / u.blocks;
  let head = slice % u.heads;
  let row = slice / u.heads;
${before.join("\n")}
  for (var place = 0u; place < end${perThread - 1}; place++) {
    let keyStart = ${headStart("row * u.keys + place")};
    let keyBias = bias[row * u.keys + place];
${own.map((r) => `    var score${r} = 0.0;\n    var value${r} = 0.0;`).join("\n")}
${scores.join("\n")}
${sums.join("\n")}
  }
${after.join("\n")}`)}`,
    bindings: [
      input(0, "q", element),
      input(1, "k", element),
      input(2, "v", element),
      input(3, "bias", "f32"),
      input(6, "g", element),
      facts,
      output(context.attributes.wanted.indexOf("query"), "dq", element),
    ],
    uniforms: [u32("count", count), u32("blocks", blocks), ...uniforms],
    workgroups: gridOf(Math.ceil(count / ELEMENT_THREADS), context.device),
  };
}

function keyValueKernel(
  context: KernelContext<AttentionGradientAttributes>,
  parts: AttentionParts,
  facts: KernelBinding,
): KernelDispatch {
  const { sizes, chunks, element, load, store, headStart, hasDropout, visibleKeys, uniforms } = parts;
  const { wanted, causal } = context.attributes;
  const [isKeyWanted, isValueWanted] = [wanted.includes("key"), wanted.includes("value")];
  const perThread = ownPerThread(context, parts);
  const own = upTo(perThread);
  const blocks = Math.ceil(sizes.keys / perThread);
  const count = sizes.rows * sizes.heads * blocks;
  const when = (condition: boolean, ...lines: readonly string[]): readonly string[] =>
    condition ? lines : [];
  const before = own.flatMap((r) => [
    `  let place${r} = min(block * ${perThread}u + ${r}u, u.keys - 1u);`,
    `  let start${r} = ${headStart(`row * u.keys + place${r}`)};`,
    `  let keyBias${r} = bias[row * u.keys + place${r}];`,
    ...chunks.flatMap((c) => [
      `  let k${r}_${c} = ${load("k", `start${r}`, c)};`,
      ...when(
        isKeyWanted,
        `  let v${r}_${c} = ${load("v", `start${r}`, c)};`,
        `  var keySum${r}_${c} = vec4f(0.0);`,
      ),
      ...when(isValueWanted, `  var valueSum${r}_${c} = vec4f(0.0);`),
    ]),
  ]);
  const scores = chunks.flatMap((c) => [
    `    let q_${c} = ${load("q", "start", c)};`,
    `    let g_${c} = ${load("g", "start", c)};`,
    ...own.flatMap((r) => [
      `    score${r} += dot(q_${c}, k${r}_${c});`,
      ...when(isKeyWanted, `    value${r} += dot(g_${c}, v${r}_${c});`),
    ]),
  ]);
  const sums = own.flatMap((r) => [
    `    let power${r} = select(0.0, powerBelow(score${r} * u.scale + keyBias${r} - numbers.x) * numbers.y, place${r} < end);`,
    `    let factor${r} = ${hasDropout ? `keptFactor((slice * u.queries + query) * u.keys + place${r}, rowFacts.w)` : "1.0"};`,
    ...when(isKeyWanted, `    let ds${r} = power${r} * (value${r} * factor${r} - numbers.z) * u.scale;`),
    ...chunks.flatMap((c) => [
      ...when(isKeyWanted, `    keySum${r}_${c} += ds${r} * q_${c};`),
      ...when(isValueWanted, `    valueSum${r}_${c} += power${r} * factor${r} * g_${c};`),
    ]),
  ]);
  const after = own.flatMap((r) =>
    chunks.flatMap((c) => [
      ...when(isKeyWanted, `  ${store("dk", `start${r}`, c, `keySum${r}_${c}`)}`),
      ...when(isValueWanted, `  ${store("dv", `start${r}`, c, `valueSum${r}_${c}`)}`),
    ]),
  );
  const firstQuery = causal
    ? "select(0u, place0 + 1u - u.keysSeenByFirst, place0 + 1u > u.keysSeenByFirst)"
    : "0u";
  return {
    name: "attentionGradient: key and value",
    wgsl: `// attentionGradient: a thread has ${perThread} keys and values of one head, and streams queries.
${POWER_BELOW}${hasDropout ? keptFactor() : ""}${mainPerElement(`  let block = index % u.blocks;
  let slice = index / u.blocks;
  let head = slice % u.heads;
  let row = slice / u.heads;
${before.join("\n")}
  for (var query = ${firstQuery}; query < u.queries; query++) {
    let start = ${headStart("row * u.queries + query")};
    let end = ${visibleKeys("query")};
    let rowFacts = facts[slice * u.queries + query];
    let numbers = bitcast<vec3f>(rowFacts.xyz);
${own.map((r) => `    var score${r} = 0.0;${isKeyWanted ? `\n    var value${r} = 0.0;` : ""}`).join("\n")}
${scores.join("\n")}
${sums.join("\n")}
  }
${after.join("\n")}`)}`,
    bindings: [
      input(0, "q", element),
      input(1, "k", element),
      ...(isKeyWanted ? [input(2, "v", element)] : []),
      input(3, "bias", "f32"),
      input(6, "g", element),
      facts,
      ...(isKeyWanted ? [output(wanted.indexOf("key"), "dk", element)] : []),
      ...(isValueWanted ? [output(wanted.indexOf("value"), "dv", element)] : []),
    ],
    uniforms: [u32("count", count), u32("blocks", blocks), ...uniforms],
    workgroups: gridOf(Math.ceil(count / ELEMENT_THREADS), context.device),
  };
}
