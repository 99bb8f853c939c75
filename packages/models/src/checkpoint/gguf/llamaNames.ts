/** Names of a whole model's tensors, in llama.cpp (`gguf-py/gguf/constants.py`) and in transformers. */
const modelNames: Readonly<Record<string, string>> = {
  token_embd: "model.embed_tokens",
  output_norm: "model.norm",
  output: "lm_head",
};

/** Names within a layer, likewise. */
const layerNames: Readonly<Record<string, string>> = {
  attn_norm: "input_layernorm",
  attn_q: "self_attn.q_proj",
  attn_k: "self_attn.k_proj",
  attn_v: "self_attn.v_proj",
  attn_output: "self_attn.o_proj",
  ffn_norm: "post_attention_layernorm",
  ffn_gate: "mlp.gate_proj",
  ffn_up: "mlp.up_proj",
  ffn_down: "mlp.down_proj",
};

/** Factors by which Llama 3's rotary frequencies are divided; `config.json` has them as `rope_scaling`. */
export const ROPE_FACTORS = "rope_freqs.weight";

/** What a tensor is called in `LlamaForCausalLM`; an unknown name is left as it is, for whoever refuses it. */
export function llamaTensorName(name: string): string {
  const [, layer, place = "", kind] = /^(?:blk\.(\d+)\.)?(\w+)\.(weight|bias)$/.exec(name) ?? [];
  const known = layer === undefined ? modelNames[place] : layerNames[place];
  if (known === undefined) return name;
  return layer === undefined ? `${known}.${kind}` : `model.layers.${layer}.${known}.${kind}`;
}
