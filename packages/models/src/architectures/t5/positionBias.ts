import type { Tensor } from "@peftbench/runtime";
import type { ModelContext } from "../architecture.ts";
import type { T5Config } from "./config.ts";

/**
 * Bucket of a distance (Raffel et al. 2020): near ones have a bucket each, far ones share them by their logarithm.
 * @param distance position of the key minus that of the query
 * @param bothSides whether keys after the query have buckets of their own, as in an encoder
 */
export function bucketOf(
  distance: number,
  { buckets, maxDistance }: Pick<T5Config, "buckets" | "maxDistance">,
  bothSides: boolean,
): number {
  const count = bothSides ? buckets / 2 : buckets;
  const first = bothSides && distance > 0 ? count : 0;
  const far = bothSides ? Math.abs(distance) : Math.max(0, -distance);
  const exact = Math.floor(count / 2);
  if (far < exact) return first + far;
  // In f32, as PyTorch has it: a logarithm that falls on a border must fall to the same side.
  const logarithm = Math.fround(Math.fround(Math.log(far / exact)) / Math.log(maxDistance / exact));
  const shared = exact + Math.trunc(Math.fround(logarithm * (count - exact)));
  return first + Math.min(shared, count - 1);
}

/** Learned bias of each head by distance, [1, heads, length, length], the same for all layers of a stack. */
export function positionBias(
  context: ModelContext,
  config: T5Config,
  stack: "encoder" | "decoder",
  length: number,
): Tensor {
  const table = context.parameter(relativeBias(stack));
  const indices = context.graph.constant([length * length], "i32", () =>
    Int32Array.from({ length: length * length }, (_, place) => {
      const [query, key] = [Math.floor(place / length), place % length];
      return bucketOf(key - query, config, stack === "encoder");
    }),
  );
  return table
    .rows(indices)
    .reshape([length, length, config.heads])
    .transpose([2, 0, 1])
    .reshape([1, config.heads, length, length]);
}

/** Name of the parameter [buckets, heads], which the first layer holds for all. */
export function relativeBias(stack: "encoder" | "decoder"): string {
  return `${stack}.block.0.layer.0.SelfAttention.relative_attention_bias.weight`;
}
