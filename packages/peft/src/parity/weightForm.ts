import type { Graph, HostTensor } from "@peftbench/runtime";
import { decodeHalf, roundFrozenWeightsToHalf, storeFrozenWeightsAsHalf } from "@peftbench/runtime";

/**
 * How frozen matrices are held: `f32`; `f16`, in half the memory; or `rounded`, f32 numbers that f16 can hold exactly,
 * so that any executor can compute what `f16` must give.
 */
export type WeightForm = "f32" | "f16" | "rounded";

/** The graph that reads weights in this form. */
export function graphInForm(form: WeightForm, graph: Graph): Graph {
  return form === "f16" ? storeFrozenWeightsAsHalf(graph) : graph;
}

/** The values of a store for graphs over these weights. `graph` is as it was before `graphInForm`. */
export function weightsInForm(
  form: WeightForm,
  graph: Graph,
  parameters: ReadonlyMap<string, HostTensor>,
): ReadonlyMap<string, HostTensor> {
  if (form === "f32") return parameters;
  const halves = roundFrozenWeightsToHalf(storeFrozenWeightsAsHalf(graph), parameters);
  if (form === "f16") return halves;
  return new Map(
    [...halves].map(([name, tensor]): [string, HostTensor] =>
      tensor.dtype === "f16"
        ? [name, { ...tensor, dtype: "f32", data: decodeHalf(tensor.data as Uint16Array) }]
        : [name, tensor],
    ),
  );
}
