import type { Graph, SavePolicy } from "@peftbench/runtime";
import { deviceProfiles, planMemory, prepareForDevice, savePolicies } from "@peftbench/runtime";
import { describe, expect, it } from "vitest";
import type { LayerCase } from "./layerCases.ts";
import { BATCH, frozenLayer, layerGraph, methodParts, SIZES, TARGETS } from "./layerCases.ts";
import type { MeasuredPart } from "./measureCases.ts";
import { measureCase } from "./measureCases.ts";
import { compareWithRow } from "./sectionFifteen.ts";

const plain: LayerCase = { targets: "all", dropout: 0, position: "midst", attention: "materialized" };
const cases: readonly LayerCase[] = [plain, { ...plain, dropout: 0.1 }, { ...plain, targets: "queryValue" }];
const measured = new Map(cases.map((layerCase) => [layerCase, measureCase(layerCase)]));
const inPlainCase = measured.get(plain) ?? [];

function found(method: string, savePolicy: SavePolicy, place = 0): MeasuredPart {
  const parts = inPlainCase.filter((part) => part.method === method && part.savePolicy === savePolicy);
  const part = parts.at(place);
  if (part === undefined) throw new Error(`${method} has no part ${place}.`);
  return part;
}

const N = BATCH.rows * BATCH.length;
const { hidden: d, intermediate: f } = SIZES;
const FLOAT = 4;

describe.each(cases)("with $targets adapted and dropout $dropout", (layerCase) => {
  it("every method's own gradients read what section 15 says, under each save policy", () => {
    const checks = (measured.get(layerCase) ?? []).map(({ title, savePolicy, check }) => [
      title,
      savePolicy,
      check,
    ]);
    for (const [title, savePolicy, check] of checks) {
      expect(check, `${title}, ${savePolicy}`).toMatch(/^(agrees|no row)/);
    }
  });

  it("the tensors that only a method reads are what it keeps beyond the frozen layer, by two plans", () => {
    for (const { title, savePolicy, kept, beyondFrozenBytes } of measured.get(layerCase) ?? []) {
      expect(kept.forMethodAloneBytes, `${title}, ${savePolicy}`).toBe(beyondFrozenBytes);
    }
  });
});

describe("one encoder layer with six adapted matrices", () => {
  it.each([
    ["lora", 0, 3 * d + f + 6 * 8],
    ["lora-fa", 0, 6 * 8],
    ["lora-xs", 0, 6 * 16],
    ["lamda", 0, 6 * 2 * 32],
    ["lamda", -1, 6 * 32],
    ["full", 0, 3 * d + f],
    ["bitfit", 0, 0],
    ["linear-probe", 0, 0],
  ])("%s keeps by hand calculation what the eager plan says (stage %i)", (method, place, widths) => {
    expect(found(method, "eager", place).beyondFrozenBytes).toBe(N * widths * FLOAT);
  });

  it("LaMDA never needs x, in no stage, and nobody else keeps it", () => {
    for (const part of inPlainCase.filter(({ method }) => method === "lamda")) {
      expect(part.needs.join()).not.toContain("x");
      expect(part.kept.tensors.map(({ name }) => name).filter((name) => name.startsWith("x of"))).toEqual([]);
    }
  });

  it("recompute keeps h alone in LaMDA's first phase, and makes u again from it", () => {
    const { kept, beyondFrozenBytes } = found("lamda", "recompute");
    expect(beyondFrozenBytes).toBe(N * 6 * 32 * FLOAT);
    for (const { module, needs } of kept.modules) {
      const u = needs.find(({ symbol }) => symbol === "u");
      expect(u).toMatchObject({ isKept: false, from: [{ name: `h of ${module}` }] });
    }
  });

  it("recompute makes LoRA's x again from what layer norm and GELU keep, but for the attention's result", () => {
    const x = new Map(
      found("lora", "recompute").kept.modules.map(({ module, needs }) => [
        module,
        needs.find(({ symbol }) => symbol === "x"),
      ]),
    );
    expect([...x].filter(([, need]) => need?.isKept === true).map(([module]) => module)).toEqual([
      "attention.output.dense",
    ]);
    expect(x.get("intermediate.dense")?.from).toEqual([
      {
        name: "input of layer norm attention.output.LayerNorm",
        alsoReadBy: ["layer norm attention.output.LayerNorm: gradient by x"],
      },
    ]);
    expect(x.get("output.dense")?.from).toEqual([
      { name: "result of intermediate.dense", alsoReadBy: ["gelu: gradient by its input"] },
    ]);
  });

  it("looks at all six matrices", () => {
    expect(found("lora", "eager").kept.modules.map(({ module }) => module.split(".").at(-1))).toEqual(
      TARGETS.all.map((target) => target.split(".").at(-1)),
    );
  });
});

it("a method that keeps more or less than its row is told", () => {
  const row = { row: "LoRA-FA", saved: ["h"] };
  expect(compareWithRow(row, ["x", "h"])).toBe("differs: x more");
  expect(compareWithRow(row, [])).toBe("differs: h less");
});

it.each(savePolicies)("fusing for a device leaves the kept bytes as they are, under %s", (savePolicy) => {
  const keptBytes = (graph: Graph): number =>
    planMemory(graph, deviceProfiles.generic)
      .tensors.filter(({ role }) => role === "savedActivation")
      .reduce((total, { bytes }) => total + bytes, 0);
  const few = methodParts(plain).filter(({ method }) => method === "lora" || method === "lamda");
  for (const part of [frozenLayer, ...few]) {
    const graph = layerGraph(part, plain, savePolicy);
    expect(keptBytes(prepareForDevice(graph, deviceProfiles.generic)), part.title).toBe(keptBytes(graph));
  }
});
