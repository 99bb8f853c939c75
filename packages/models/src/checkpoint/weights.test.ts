import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { TensorInfo } from "./dtypes.ts";
import type { CheckpointRules, WeightDeclaration } from "./weights.ts";
import { resolveWeights } from "./weights.ts";

const rules: CheckpointRules = {
  weights: [
    { name: "bert.embeddings.weight", shape: [5, 3], presence: "required" },
    { name: "bert.norm.weight", shape: [3], presence: "required" },
    { name: "bert.norm.bias", shape: [3], presence: "required" },
    { name: "classifier.weight", shape: [2, 3], presence: "head" },
    { name: "classifier.bias", shape: [2], presence: "head" },
  ],
  ignorable: [/position_ids$/, /^cls\./],
  prefixes: ["bert."],
  rename: (name) => name.replace(/\.gamma$/, ".weight").replace(/\.beta$/, ".bias"),
};

function holding(shapes: Readonly<Record<string, readonly number[]>>, dtype: TensorInfo["dtype"] = "F32") {
  const tensors = Object.entries(shapes).map(([name, shape]) => [name, { name, shape, dtype }] as const);
  return { source: "some/folder", tensors: new Map<string, TensorInfo>(tensors) };
}

const body = { "bert.embeddings.weight": [5, 3], "bert.norm.weight": [3], "bert.norm.bias": [3] };
const head = { "classifier.weight": [2, 3], "classifier.bias": [2] };

describe("resolving weights", () => {
  test("takes a full checkpoint as it is", () => {
    const resolved = resolveWeights(holding({ ...body, ...head }), rules);
    expect([...resolved.loaded]).toEqual(rules.weights.map(({ name }) => [name, name]));
    expect(resolved.newlyInitialized).toEqual([]);
    expect(resolved.ignored).toEqual([]);
  });

  test("takes names without the prefix, with old names for layer norm, and leaves a missing head to be made", () => {
    const resolved = resolveWeights(
      holding({
        "embeddings.weight": [5, 3],
        "norm.gamma": [3],
        "norm.beta": [3],
        position_ids: [1, 9],
        "cls.bias": [5],
      }),
      rules,
    );
    expect(Object.fromEntries(resolved.loaded)).toEqual({
      "bert.embeddings.weight": "embeddings.weight",
      "bert.norm.weight": "norm.gamma",
      "bert.norm.bias": "norm.beta",
    });
    expect(resolved.newlyInitialized).toEqual(["classifier.weight", "classifier.bias"]);
    expect(resolved.ignored).toEqual(["position_ids", "cls.bias"]);
  });

  test("takes prefixed names where the declared ones have none, and several prefixes in any order", () => {
    const bare: CheckpointRules = {
      weights: [{ name: "norm.weight", shape: [3], presence: "required" }],
      ignorable: [],
      prefixes: ["module.", "bert."],
    };
    for (const name of [
      "norm.weight",
      "bert.norm.weight",
      "module.bert.norm.weight",
      "bert.module.norm.weight",
    ]) {
      expect(resolveWeights(holding({ [name]: [3] }), bare).loaded.get("norm.weight")).toBe(name);
    }
    expect(() => resolveWeights(holding({ "bert.bert.norm.weight": [3] }), bare)).toThrow(/missing/);
  });

  test("names a required tensor that is missing, with its shape and what there is", () => {
    expect(() => resolveWeights(holding({ ...head }), rules)).toThrow(
      /some\/folder: found 3 of 5 tensors missing; it holds classifier\.weight, classifier\.bias; expected bert\.embeddings\.weight of shape \[5, 3\]/,
    );
  });

  test("names a misshapen tensor, with both shapes and the name it is stored under", () => {
    expect(() => resolveWeights(holding({ ...body, "bert.norm.bias": [4] }), rules)).toThrow(
      /found bert\.norm\.bias of shape \[4\]; expected \[3\]/,
    );
    const { "bert.norm.bias": _, ...rest } = body;
    expect(() => resolveWeights(holding({ ...rest, "norm.beta": [3, 1] }), rules)).toThrow(
      /bert\.norm\.bias \(stored as norm\.beta\) of shape \[3, 1\]; expected \[3\]/,
    );
  });

  test("refuses another task's head unless a new one is asked for", () => {
    const other = holding({ ...body, "classifier.weight": [3, 3], "classifier.bias": [3] });
    expect(() => resolveWeights(other, rules)).toThrow(/of another task/);
    const resolved = resolveWeights(other, rules, { newHead: true });
    expect(resolved.newlyInitialized).toEqual(["classifier.weight", "classifier.bias"]);
    expect(resolved.ignored).toEqual(["classifier.weight", "classifier.bias"]);
  });

  test("refuses a tensor it does not know unless that is allowed", () => {
    const odd = holding({ ...body, "bert.adapter.weight": [8, 8] });
    expect(() => resolveWeights(odd, rules)).toThrow(/bert\.adapter\.weight of shape \[8, 8\]/);
    expect(resolveWeights(odd, rules, { allowUnexpected: true }).ignored).toEqual(["bert.adapter.weight"]);
  });

  test("refuses two tensors for one place, and integers for a weight", () => {
    expect(() => resolveWeights(holding({ ...body, "norm.weight": [3] }), rules)).toThrow(
      /both bert\.norm\.weight and norm\.weight for bert\.norm\.weight/,
    );
    expect(() => resolveWeights(holding(body, "I8"), rules)).toThrow(/dtype I8/);
  });

  test("does not let a global pattern forget every second name", () => {
    const global: CheckpointRules = { ...rules, ignorable: [/position_ids$/g] };
    const shapes = { ...body, "a.position_ids": [1], "b.position_ids": [1], "c.position_ids": [1] };
    expect(resolveWeights(holding(shapes), global).ignored).toHaveLength(3);
  });

  test("uses, makes or ignores every tensor exactly once", () => {
    const name = fc.constantFrom("a", "b", "c", "d", "e", "p.a", "p.b", "p.c", "x.a", "position_ids");
    const declaration = fc.record({
      name,
      shape: fc.constant([1]),
      presence: fc.constantFrom<WeightDeclaration["presence"]>("required", "head"),
    });
    fc.assert(
      fc.property(
        fc.uniqueArray(declaration, { selector: ({ name }) => name.replace(/^p\./, "") }),
        fc.uniqueArray(name),
        (weights, names) => {
          const checkpoint = holding(Object.fromEntries(names.map((stored) => [stored, [1]])));
          const options = { allowUnexpected: true };
          const someRules: CheckpointRules = { weights, ignorable: [/ids$/], prefixes: ["p."] };
          let resolved: ReturnType<typeof resolveWeights>;
          try {
            resolved = resolveWeights(checkpoint, someRules, options);
          } catch (error) {
            expect(error).toMatchObject({ name: "CheckpointError" });
            return;
          }
          const { loaded, newlyInitialized, ignored } = resolved;
          expect([...loaded.values(), ...ignored].sort()).toEqual([...names].sort());
          expect([...loaded.keys(), ...newlyInitialized].sort()).toEqual(
            weights.map((weight) => weight.name).sort(),
          );
        },
      ),
    );
  });
});
