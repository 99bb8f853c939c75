import type { Tensor } from "@peftbench/runtime";
import type { BatchShape, ModelContext } from "./architecture.ts";
import { ENCODER_INPUTS } from "./architecture.ts";
import { MASKED_SCORE, paddingBias } from "./attention.ts";

/** Added to the scores of all layers: hides padding, and what comes after a token. [rows, 1, length, length] */
export function causalBias(context: ModelContext, batch: BatchShape): Tensor {
  const mask = context.graph.input(ENCODER_INPUTS.attentionMask, [batch.rows, batch.length], "f32");
  return paddingBias(mask, batch).add(hideLater(context, batch.length));
}

/** Hides what comes after a token: [1, 1, length, length]. */
export function hideLater({ graph }: Pick<ModelContext, "graph">, length: number): Tensor {
  const values = new Float32Array(length * length);
  for (let query = 0; query < length; query++)
    values.fill(MASKED_SCORE, query * length + query + 1, (query + 1) * length);
  return graph.constant([1, 1, length, length], "f32", values);
}
