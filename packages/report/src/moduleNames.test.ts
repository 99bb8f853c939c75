import { describe, expect, it } from "vitest";
import { placeModules } from "./moduleNames.ts";

const layers = (count: number, before: string, endings: readonly string[]): readonly string[] =>
  Array.from({ length: count }, (_, layer) => endings.map((ending) => `${before}.${layer}.${ending}`)).flat();

const kindsOf = (modules: readonly string[]): readonly string[] => [
  ...new Set(placeModules(modules).map(({ kind }) => kind)),
];

describe("places of modules", () => {
  it("finds kind and layer in the names of BERT", () => {
    const modules = layers(12, "bert.encoder.layer", [
      "attention.self.query",
      "attention.self.key",
      "attention.self.value",
      "attention.output.dense",
      "intermediate.dense",
      "output.dense",
    ]);
    expect(kindsOf(modules)).toEqual(["query", "key", "value", "attention output", "intermediate", "output"]);
    expect(placeModules(modules)[69]).toEqual({
      module: "bert.encoder.layer.11.attention.output.dense",
      kind: "attention output",
      pattern: "bert.encoder.layer.*.attention.output.dense",
      layer: 11,
    });
  });

  it("finds them in names of other models", () => {
    expect(
      kindsOf(layers(2, "transformer.h", ["attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj"])),
    ).toEqual(["c_attn", "attn c_proj", "c_fc", "mlp c_proj"]);
    expect(kindsOf(layers(2, "model.layers", ["self_attn.q_proj", "mlp.up_proj"]))).toEqual([
      "q_proj",
      "up_proj",
    ]);
  });

  it("tells stacks of layers apart, and modules outside of them", () => {
    const modules = [
      ...layers(2, "model.encoder.layers", ["fc1"]),
      ...layers(2, "model.decoder.layers", ["fc1"]),
      "model.pooler.dense",
    ];
    expect(placeModules(modules).map(({ kind, layer }) => [kind, layer])).toEqual([
      ["encoder fc1", 0],
      ["encoder fc1", 1],
      ["decoder fc1", 0],
      ["decoder fc1", 1],
      ["dense", null],
    ]);
  });

  it("gives every module a cell of its own", () => {
    const modules = ["a.0.x", "b.0.x", "a.0.b.x", "x", "b.x", "0.x", "a.1", "a.0.1.x", ""];
    const cells = placeModules(modules).map(({ kind, layer }) => `${kind}/${layer}`);
    expect(new Set(cells).size).toBe(modules.length);
  });

  it("has nothing to say of no modules", () => {
    expect(placeModules([])).toEqual([]);
  });
});
