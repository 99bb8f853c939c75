import type { DeclaredModel } from "./declare.ts";
import { linear, modelWithoutGraph, parameter } from "./declare.ts";

export interface DecoderWidths {
  readonly layers: number;
  readonly hidden: number;
  /** Width of keys and values: below `hidden` where groups of queries share them. */
  readonly keyValue: number;
  readonly intermediate: number;
  readonly vocabulary: number;
  /** Whether the embedding of tokens is the head's matrix too, which then has no parameter of its own. */
  readonly tiesHead: boolean;
}

/** `LlamaForCausalLM`. */
export function llama(title: string, widths: DecoderWidths): DeclaredModel {
  const { layers, hidden, keyValue, intermediate, vocabulary, tiesHead } = widths;
  const layer = (index: number) => `model.layers.${index}`;
  const each = <Item>(make: (prefix: string) => readonly Item[]): readonly Item[] =>
    Array.from({ length: layers }, (_, index) => make(layer(index))).flat();
  const bias = { bias: false };
  return modelWithoutGraph(
    title,
    [
      ...each((prefix) => [
        linear(`${prefix}.self_attn.q_proj`, [hidden, hidden], bias),
        linear(`${prefix}.self_attn.k_proj`, [hidden, keyValue], bias),
        linear(`${prefix}.self_attn.v_proj`, [hidden, keyValue], bias),
        linear(`${prefix}.self_attn.o_proj`, [hidden, hidden], bias),
        linear(`${prefix}.mlp.gate_proj`, [hidden, intermediate], bias),
        linear(`${prefix}.mlp.up_proj`, [hidden, intermediate], bias),
        linear(`${prefix}.mlp.down_proj`, [intermediate, hidden], bias),
      ]),
      ...(tiesHead ? [] : [linear("lm_head", [hidden, vocabulary], { bias: false, head: true })]),
    ],
    [
      parameter("model.embed_tokens.weight", [vocabulary, hidden]),
      ...each((prefix) => [
        parameter(`${prefix}.input_layernorm.weight`, [hidden]),
        parameter(`${prefix}.post_attention_layernorm.weight`, [hidden]),
      ]),
      parameter("model.norm.weight", [hidden]),
    ],
  );
}
