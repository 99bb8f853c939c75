import { GraphError } from "../errors.ts";
import { adamw } from "./adamw.ts";
import { adamwGroup } from "./adamwGroup.ts";
import { attention, attentionGradient } from "./attention.ts";
import { broadcastTo } from "./broadcastTo.ts";
import { concat } from "./concat.ts";
import { crossEntropy, crossEntropyGradient } from "./crossEntropy.ts";
import { dropout } from "./dropout.ts";
import { embedding, embeddingGradient } from "./embedding.ts";
import { fused } from "./fused.ts";
import { gradientNorm } from "./gradientNorm.ts";
import { layerNorm, layerNormGradient } from "./layerNorm.ts";
import { matmul } from "./matmul.ts";
import type { OpDefinition } from "./op.ts";
import { binaryOps, unaryOps } from "./pointwise.ts";
import { reductionOps } from "./reduce.ts";
import { reshape } from "./reshape.ts";
import { select } from "./select.ts";
import { padZeros, slice } from "./slice.ts";
import { softmax, softmaxGradient } from "./softmax.ts";
import { toFloat32 } from "./toFloat32.ts";
import { transpose } from "./transpose.ts";

/** A definition whose attributes are those of the node that it is looked up for. */
export type AnyOpDefinition = OpDefinition<object>;

/** Every op there is. A new one is a file beside this and a line here. */
const definitions = [
  ...Object.values(unaryOps),
  ...Object.values(binaryOps),
  ...Object.values(reductionOps),
  select,
  matmul,
  toFloat32,
  reshape,
  transpose,
  slice,
  padZeros,
  concat,
  broadcastTo,
  softmax,
  softmaxGradient,
  attention,
  attentionGradient,
  layerNorm,
  layerNormGradient,
  embedding,
  embeddingGradient,
  crossEntropy,
  crossEntropyGradient,
  dropout,
  fused,
  gradientNorm,
  adamw,
  adamwGroup,
] as const;

const byName: ReadonlyMap<string, AnyOpDefinition> = new Map(
  definitions.map((definition) => [definition.name, definition as unknown as AnyOpDefinition]),
);

export function opNamed(name: string): AnyOpDefinition {
  const definition = byName.get(name);
  if (definition === undefined) throw new GraphError(`There is no op named ${name}.`);
  return definition;
}

export function opNames(): readonly string[] {
  return [...byName.keys()];
}
