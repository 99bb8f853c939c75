import { describe, expect, it } from "vitest";
import { opNamed, opNames } from "./ops/registry.ts";
import { opCases } from "./testing/cases/index.ts";
import { GRADIENT_STOPPING_OPS, isDifferentiable } from "./testing/gradientGraph.ts";
import { referenceOps } from "./testing/reference/index.ts";

describe("the op suite", () => {
  it("has a float64 reference for every op, and none for ops that are gone", () => {
    expect(Object.keys(referenceOps).toSorted()).toEqual([...opNames()].toSorted());
  });

  it("has cases for every op, each under a name of its own", () => {
    for (const op of opNames()) {
      const names = opCases.filter((opCase) => opCase.op === op).map(({ name }) => name);
      expect(names, op).not.toHaveLength(0);
      expect(new Set(names).size, op).toBe(names.length);
    }
  });

  it("checks the gradient of every op that has a rule", () => {
    const withRule = opNames().filter(
      (op) => opNamed(op).gradient !== undefined && !GRADIENT_STOPPING_OPS.has(op),
    );
    const checked = new Set(opCases.filter(isDifferentiable).map(({ op }) => op));
    expect(withRule.filter((op) => !checked.has(op))).toEqual([]);
  });
});
