import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RunIdentity } from "./identity.ts";
import { canonicalJson, runId } from "./identity.ts";
import { exampleResult } from "./result/example.ts";
import type { RunCell } from "./result/schema.ts";

const identity: RunIdentity = {
  resultVersion: 1,
  weightsChecksum: "a".repeat(64),
  modelSettingsChecksum: "d".repeat(64),
  dataChecksum: "b".repeat(64),
  executor: "cpu",
  cell: exampleResult.cell,
};

describe("canonical JSON", () => {
  test("is JSON of the same value", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test("does not depend on the order of keys", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (record) => {
        const reversed = Object.fromEntries(Object.entries(record).reverse());
        expect(canonicalJson(reversed)).toBe(canonicalJson(record));
      }),
    );
  });

  test("refuses what JSON would silently drop or bend", () => {
    for (const value of [undefined, Number.NaN, Number.POSITIVE_INFINITY, () => 1, { a: undefined }, 1n]) {
      expect(() => canonicalJson(value)).toThrow(TypeError);
    }
  });
});

describe("a run's id", () => {
  test("changes with everything that decides the outcome", () => {
    const { cell } = identity;
    const { config } = cell;
    const variants: readonly RunIdentity[] = [
      identity,
      { ...identity, resultVersion: 2 },
      { ...identity, weightsChecksum: "c".repeat(64) },
      { ...identity, modelSettingsChecksum: "c".repeat(64) },
      { ...identity, dataChecksum: "c".repeat(64) },
      { ...identity, executor: "webgpu" },
      { ...identity, cell: { ...cell, method: "full" } },
      { ...identity, cell: { ...cell, task: "cola" } },
      { ...identity, cell: { ...cell, seed: 1 } },
      { ...identity, cell: { ...cell, config: { ...config, training: { ...config.training, epochs: 2 } } } },
      { ...identity, cell: { ...cell, config: { ...config, method: { ...config.method, rank: 4 } } } },
    ];
    expect(new Set(variants.map(runId)).size).toBe(variants.length);
  });

  test("counts selection along the run where there is any, and not where it is off", () => {
    const { cell } = identity;
    const idWith = (training: Record<string, unknown>): string => {
      const config = {
        ...cell.config,
        training: { ...cell.config.training, ...training } as RunCell["config"]["training"],
      };
      return runId({ ...identity, cell: { ...cell, config } });
    };
    const off = { evaluationsPerEpoch: 0, earlyStopping: null, keepBest: false };
    expect(idWith(off)).toBe(runId(identity));
    expect(idWith({ keepBest: undefined })).toBe(runId(identity));
    const ids = [off, { evaluationsPerEpoch: 1 }, { earlyStopping: { patience: 2 } }, { keepBest: true }].map(
      idWith,
    );
    expect(new Set(ids).size).toBe(4);
  });

  test("does not change with what things are called", () => {
    const renamed = { ...identity, cell: { ...identity.cell, model: "other", suite: "other" } };
    expect(runId(renamed)).toBe(runId(identity));
  });

  test("is what it was: a change of it makes every stored result a stranger", () => {
    expect(runId(identity)).toBe("05d2c0e00388cadbf25d2d99b116112d9834985091b40c137193a432ddd74f76");
  });
});
