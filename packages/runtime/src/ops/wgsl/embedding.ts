import type { EmbeddingAttributes, EmbeddingGradientAttributes } from "../embedding.ts";
import type { KernelContext, KernelDispatch } from "../kernel.ts";
import { gridOf, input, output, scratch, u32 } from "../kernel.ts";
import { ELEMENT_THREADS, mainPerElement, mainPerRow, rowThreads } from "./source.ts";

/** Rows of a table at indices. One thread an element of the result, a vec4 where the width allows it. */
export function embeddingKernel({
  inputs,
  outputs,
  attributes: { window },
  device,
  vectorize,
}: KernelContext<EmbeddingAttributes>): readonly KernelDispatch[] {
  const [rows = 1, tableWidth = 1] = inputs[0]?.shape ?? [];
  const isVector = vectorize && tableWidth % 4 === 0;
  const width = isVector ? tableWidth / 4 : tableWidth;
  const element = isVector ? "vec4<f32>" : "f32";
  const count = (outputs[0]?.shape[0] ?? 1) * width;
  if (window !== undefined) {
    return [
      {
        name: "embedding: window",
        wgsl: `// embedding from a window of a table: one ${element} of the result a thread, zero for rows outside the window.
${mainPerElement(`  let row = u32(indices[index / u.width]) - u.firstRow;
  y[index] = select(${element}(0.0), table[min(row, u.rows - 1u) * u.width + index % u.width], row < u.rows);`)}`,
        bindings: [input(0, "table", element), input(1, "indices", "i32"), output(0, "y", element)],
        uniforms: [
          u32("count", count),
          u32("width", width),
          u32("rows", rows),
          u32("firstRow", window.firstRow),
        ],
        workgroups: gridOf(Math.ceil(count / ELEMENT_THREADS), device),
      },
    ];
  }
  return [
    {
      name: "embedding",
      wgsl: `// embedding: one ${element} of the result a thread.
${mainPerElement(`  let row = min(u32(indices[index / u.width]), u.rows - 1u);
  y[index] = table[row * u.width + index % u.width];`)}`,
      bindings: [input(0, "table", element), input(1, "indices", "i32"), output(0, "y", element)],
      uniforms: [u32("count", count), u32("width", width), u32("rows", rows)],
      workgroups: gridOf(Math.ceil(count / ELEMENT_THREADS), device),
    },
  ];
}

/**
 * Sums rows of g into a table of zeros at indices that repeat. WGSL has no float atomics, and their order would not be
 * fixed; so:
 * 1. the table is filled with zeros;
 * 2. each position finds the next one with its index, and whether there was one before (n² compares of integers, no
 *    floats touched);
 * 3. a workgroup a first position follows the chain and writes its row once, adding in the order of positions.
 */
export function embeddingGradientKernel({
  inputs,
  attributes,
  device,
  vectorize,
}: KernelContext<EmbeddingGradientAttributes>): readonly KernelDispatch[] {
  const [count = 1, tableWidth = 1] = inputs[1]?.shape ?? [];
  const isVector = vectorize && tableWidth % 4 === 0;
  const width = isVector ? tableWidth / 4 : tableWidth;
  const element = isVector ? "vec4<f32>" : "f32";
  const { rows, window } = attributes;
  // A row before the window wraps around to a number above all rows.
  const targetRow =
    window === undefined
      ? "let target_row = min(u32(indices[row]), u.tableRows - 1u);"
      : "let target_row = u32(indices[row]) - u.firstRow;\n  if (target_row >= u.tableRows) { return; }";
  const threads = rowThreads(width);
  const indices = input(0, "indices", "i32");
  const table = output(0, "table", element);
  const next = scratch(count * 4, "next", "u32");
  return [
    {
      name: "embeddingGradient: zeros",
      wgsl: `// embeddingGradient: zeros in the whole table.
${mainPerElement(`  table[index] = ${element}(0.0);`)}`,
      bindings: [table],
      uniforms: [u32("count", rows * width)],
      workgroups: gridOf(Math.ceil((rows * width) / ELEMENT_THREADS), device),
    },
    {
      name: "embeddingGradient: chains",
      wgsl: `// embeddingGradient: the next position with the same index (\`count\` for none); the top bit: not the first.
${mainPerElement(`  let own = indices[index];
  var found = 0u;
  for (var i = 0u; i < index; i++) {
    if (indices[i] == own) { found = 0x80000000u; break; }
  }
  var following = index + 1u;
  while (following < u.count && indices[following] != own) { following++; }
  next[index] = found | following;`)}`,
      bindings: [indices, next],
      uniforms: [u32("count", count)],
      workgroups: gridOf(Math.ceil(count / ELEMENT_THREADS), device),
    },
    {
      name: "embeddingGradient: sums",
      wgsl: `// embeddingGradient: a workgroup a first position sums its chain, a thread a few columns.
${mainPerRow(
  threads,
  `  if ((next[row] & 0x80000000u) != 0u) { return; }
  ${targetRow}
  for (var column = thread; column < u.width; column += ${threads}u) {
    var sum = g[row * u.width + column];
    for (var i = next[row]; i < u.rows; i = next[i] & 0x7fffffffu) { sum += g[i * u.width + column]; }
    table[target_row * u.width + column] = sum;
  }`,
)}`,
      bindings: [indices, next, input(1, "g", element), table],
      uniforms: [
        u32("rows", count),
        u32("width", width),
        u32("tableRows", rows),
        u32("firstRow", window?.firstRow ?? 0),
      ],
      workgroups: gridOf(count, device),
    },
  ];
}
