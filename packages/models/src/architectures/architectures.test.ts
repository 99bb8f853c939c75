import { describe, expect, it } from "vitest";
import { resolveWeights } from "../checkpoint/weights.ts";
import type { HeadSpec } from "./architecture.ts";
import { architectureOf, architectures } from "./index.ts";

const sizes = {
  vocab_size: 50,
  hidden_size: 8,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  intermediate_size: 12,
  max_position_embeddings: 20,
};

/** The settings with which DeBERTa-v3 was published. */
const debertaV3 = {
  ...sizes,
  model_type: "deberta-v2",
  relative_attention: true,
  position_buckets: 16,
  norm_rel_ebd: "layer_norm",
  share_att_key: true,
  pos_att_type: "p2c|c2p",
  max_relative_positions: -1,
  position_biased_input: false,
  type_vocab_size: 0,
  layer_norm_eps: 1e-7,
};
const roberta = { ...sizes, model_type: "roberta", type_vocab_size: 1, layer_norm_eps: 1e-5 };

const threeLabels: HeadSpec = { kind: "classification", labelCount: 3 };

function declared(json: { readonly model_type: string }, head: HeadSpec = threeLabels) {
  const architecture = architectureOf(json);
  return architecture.parameters(architecture.parseConfig(json), head);
}

/** Resolves a checkpoint that holds `extra` and, under names that `rename` makes, everything but the head. */
function resolvePretrained(
  json: { readonly model_type: string },
  extra: readonly string[],
  rename: (name: string) => string = (name) => name,
) {
  const parameters = declared(json);
  const { prefixes, ignorable, rename: older } = architectureOf(json).checkpointNaming;
  const stored = new Map(
    [
      ...parameters
        .filter(({ role }) => role === "base")
        .map(({ name, shape }) => [rename(name), shape] as const),
      ...extra.map((name) => [name, [1]] as const),
    ].map(([name, shape]) => [name, { name, shape, dtype: "F32" as const }]),
  );
  const weights = parameters.map(({ name, shape, initializer }) => ({
    name,
    shape,
    presence: initializer === null ? ("required" as const) : ("head" as const),
  }));
  return resolveWeights(
    { source: "folder", tensors: stored },
    { weights, prefixes, ignorable, rename: older },
  );
}

describe("architectureOf", () => {
  it("goes by model_type", () => {
    for (const architecture of architectures) {
      expect(architectureOf({ model_type: architecture.modelType })).toBe(architecture);
    }
    expect(() => architectureOf({ model_type: "mamba" })).toThrow(
      /"mamba".*bert, roberta, deberta-v2, llama, gpt2, t5, bart/,
    );
  });
});

describe("RoBERTa", () => {
  it("counts positions from behind padding's, so it takes two tokens less than it has positions", () => {
    const architecture = architectureOf(roberta);
    expect(architecture.maxLength(architecture.parseConfig(roberta))).toBe(18);
    expect(() => architecture.parseConfig({ ...roberta, pad_token_id: 19 })).toThrow(
      /max_position_embeddings/,
    );
  });

  it("loads what pretraining left, without its heads, and makes the classifier anew", () => {
    const heads = ["lm_head.bias", "lm_head.dense.weight", "lm_head.decoder.weight"];
    const unused = [...heads, "roberta.pooler.dense.weight", "roberta.embeddings.position_ids"];
    const resolved = resolvePretrained(roberta, unused);
    expect(resolved.ignored).toEqual(unused);
    expect(resolved.newlyInitialized).toEqual([
      "classifier.dense.weight",
      "classifier.dense.bias",
      "classifier.out_proj.weight",
      "classifier.out_proj.bias",
    ]);
  });

  it("loads the encoder alone, whose names have no prefix", () => {
    const resolved = resolvePretrained(roberta, ["pooler.dense.weight"], (name) =>
      name.replace("roberta.", ""),
    );
    expect(resolved.ignored).toEqual(["pooler.dense.weight"]);
  });
});

describe("DeBERTa-v3", () => {
  it("loads what pretraining left, without its heads and absolute positions, and makes pooler and classifier anew", () => {
    const unused = [
      "lm_predictions.lm_head.dense.weight",
      "mask_predictions.classifier.bias",
      "cls.predictions.bias",
      "deberta.embeddings.position_embeddings.weight",
      "deberta.embeddings.position_ids",
    ];
    const resolved = resolvePretrained(debertaV3, unused);
    expect(resolved.ignored).toEqual(unused);
    expect(resolved.newlyInitialized).toEqual([
      "pooler.dense.weight",
      "pooler.dense.bias",
      "classifier.weight",
      "classifier.bias",
    ]);
  });

  it.each([
    ["relative_attention", false],
    ["position_biased_input", true],
    ["share_att_key", false],
    ["pos_att_type", "c2p"],
    ["norm_rel_ebd", "none"],
    ["position_buckets", -1],
    ["conv_kernel_size", 3],
    ["type_vocab_size", 2],
    ["embedding_size", 4],
    ["attention_head_size", 8],
    ["pooler_hidden_act", "mish"],
  ])("refuses %s %j by name", (field, value) => {
    const { parseConfig } = architectureOf(debertaV3);
    expect(() => parseConfig(debertaV3)).not.toThrow();
    expect(() => parseConfig({ ...debertaV3, [field]: value })).toThrow(new RegExp(`deberta-v2 .*${field}`));
  });

  it.each(["relative_attention", "position_biased_input", "share_att_key", "pos_att_type", "norm_rel_ebd"])(
    "requires %s, as transformers has another default",
    (field) => {
      const { [field as keyof typeof debertaV3]: _, ...without } = debertaV3;
      expect(() => architectureOf(debertaV3).parseConfig(without)).toThrow(new RegExp(field));
    },
  );
});

describe("every architecture", () => {
  it.each([roberta, debertaV3, { ...sizes, model_type: "bert" }])(
    "has one logit in regression, and first values for all of the head: $model_type",
    (json) => {
      const { classification, regression } = {
        classification: declared(json),
        regression: declared(json, { kind: "regression" }),
      };
      expect(classification.at(-1)?.shape).toEqual([3]);
      expect(regression.at(-1)?.shape).toEqual([1]);
      expect(
        classification.filter(({ role, initializer }) => role === "head" && initializer === null),
      ).toEqual([]);
    },
  );
});
