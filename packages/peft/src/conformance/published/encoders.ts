import { architectureOf } from "@peftbench/models";
import type { DeclaredModel } from "./declare.ts";

export interface EncoderWidths {
  readonly layers: number;
  readonly hidden: number;
  readonly intermediate: number;
}

/** RoBERTa as it was published. */
export function roberta(title: string, widths: EncoderWidths): DeclaredModel {
  return published(title, widths, {
    model_type: "roberta",
    vocab_size: 50_265,
    max_position_embeddings: 514,
    type_vocab_size: 1,
    layer_norm_eps: 1e-5,
  });
}

/** DeBERTa-v3 as it was published. Its pooler is in no checkpoint and counts as the head's. */
export function debertaV3(title: string, widths: EncoderWidths): DeclaredModel {
  return published(title, widths, {
    model_type: "deberta-v2",
    vocab_size: 128_100,
    max_position_embeddings: 512,
    relative_attention: true,
    position_biased_input: false,
    share_att_key: true,
    pos_att_type: "p2c|c2p",
    norm_rel_ebd: "layer_norm",
    position_buckets: 256,
  });
}

function published(
  title: string,
  { layers, hidden, intermediate }: EncoderWidths,
  own: object,
): DeclaredModel {
  const json = {
    num_hidden_layers: layers,
    hidden_size: hidden,
    num_attention_heads: hidden / 64,
    intermediate_size: intermediate,
    ...own,
  };
  const architecture = architectureOf(json);
  return { title, architecture, config: architecture.parseConfig(json) };
}
