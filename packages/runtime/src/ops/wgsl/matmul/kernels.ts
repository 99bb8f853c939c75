import type { KernelContext, KernelDispatch } from "../../kernel.ts";
import { gridOf, output, scratch, u32 } from "../../kernel.ts";
import type { MatmulAttributes } from "../../matmul.ts";
import { ELEMENT_THREADS, mainPerElement } from "../source.ts";
import type { MatmulVariant } from "./chooseMatmul.ts";
import { chooseMatmul } from "./chooseMatmul.ts";
import { problemOf, splitInner } from "./problem.ts";
import { registerTileKernel } from "./registerTile.ts";
import { subgroupBroadcastKernel, subgroupResultType, suitsSubgroup } from "./subgroupBroadcast.ts";

/** The product by the variant that the rule chooses. */
export function matmulKernels(context: KernelContext<MatmulAttributes>): readonly KernelDispatch[] {
  return matmulVariantKernels(chooseMatmul(problemOf(context), context.device), context);
}

/**
 * The product by one variant. With the inner axis in parts: first each part's product into scratch memory, then their
 * sum, always in the same order.
 */
export function matmulVariantKernels(
  variant: MatmulVariant,
  context: KernelContext<MatmulAttributes>,
): readonly KernelDispatch[] {
  const problem = problemOf(context);
  const { device, vectorize } = context;
  const split = splitInner(problem.inner, variant.splits);
  const count = problem.batch * problem.rows * problem.columns;
  const width = vectorize && problem.columns % 4 === 0 ? 4 : 1;
  const isSplit = split.splits > 1;
  const partial = scratch(split.splits * count * 4, "partial", "f32");
  const result = isSplit ? partial : output(0, "product", "f32");
  const name = `matmul: ${variant.kind}${isSplit ? ", parts" : ""}`;
  const product = (): KernelDispatch => {
    switch (variant.kind) {
      case "registerTile": {
        const elements = width === 4 ? "vec4<f32>" : "f32";
        const { threadRows, threadColumns } = variant;
        const grid = { threadRows, threadColumns };
        return registerTileKernel(name, problem, grid, split, { ...result, elements }, device, vectorize);
      }
      case "subgroupBroadcast": {
        const { subgroupSize } = device;
        if (!suitsSubgroup(subgroupSize))
          throw new RangeError(`A subgroup of ${subgroupSize} does not suit.`);
        const { rows, laneColumns } = variant;
        const tile = { rows, laneColumns };
        const elements = subgroupResultType(problem, tile, vectorize);
        return subgroupBroadcastKernel(
          name,
          problem,
          tile,
          subgroupSize,
          split,
          { ...result, elements },
          device,
          vectorize,
        );
      }
    }
  };
  if (!isSplit) return [product()];
  const element = width === 4 ? "vec4<f32>" : "f32";
  return [
    product(),
    {
      name: "matmul: sum of parts",
      wgsl: `// matmul: one ${element} of the product a thread, summed over the parts of the inner axis.
${mainPerElement(`  var sum = partial[index];
  for (var part = 1u; part < u.parts; part++) { sum += partial[part * u.count + index]; }
  product[index] = sum;`)}`,
      bindings: [{ ...partial, elements: element }, output(0, "product", element)],
      uniforms: [u32("count", count / width), u32("parts", split.splits)],
      workgroups: gridOf(Math.ceil(count / width / ELEMENT_THREADS), device),
    },
  ];
}
