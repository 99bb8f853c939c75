import type { LinearModule } from "@peftbench/models";
import { describe, expect, it } from "vitest";
import { smallBert } from "./conformance/models.ts";
import { describeModel, MethodError, peftTargetModules, selectTargets } from "./index.ts";

const { modules } = describeModel(smallBert);
const select = (targets: readonly string[] | string): readonly string[] =>
  selectTargets(modules, targets).map(({ name }) => name);
const layer = (index: number, path: string): string => `bert.encoder.layer.${index}.${path}`;

describe("selectTargets", () => {
  it("takes every module whose name ends with an entry, in the order of the forward pass", () => {
    expect(select(["value", "attention.self.query"])).toEqual([
      layer(0, "attention.self.query"),
      layer(0, "attention.self.value"),
      layer(1, "attention.self.query"),
      layer(1, "attention.self.value"),
    ]);
  });

  it("takes an ending only where it begins after a dot", () => {
    expect(select(["output.dense"])).toEqual([
      layer(0, "attention.output.dense"),
      layer(0, "output.dense"),
      layer(1, "attention.output.dense"),
      layer(1, "output.dense"),
    ]);
    expect(() => select(["uery"])).toThrow(MethodError);
  });

  it("takes a whole name", () => {
    expect(select([layer(1, "intermediate.dense")])).toEqual([layer(1, "intermediate.dense")]);
  });

  it("takes a module once by any of its aliases", () => {
    const fused: LinearModule = {
      name: "h.0.attn.c_attn",
      aliases: ["h.0.self.query", "h.0.self.key", "h.0.self.value"],
      inFeatures: 4,
      outFeatures: 12,
      bias: true,
      head: false,
    };
    expect(selectTargets([fused], ["query", "value"])).toEqual([fused]);
    expect(() => selectTargets([fused], ["query", "dense"])).toThrow(/"dense" matches no linear module/);
  });

  it("takes a module by its alias too, and tells PEFT the name that it knows", () => {
    const projections = modules.map((module) =>
      module.name.endsWith(".query")
        ? { ...module, name: `${module.name}_proj`, aliases: [module.name] }
        : module,
    );
    const selected = selectTargets(projections, ["query", "value"]);
    const names = [0, 1].flatMap((index) => [
      layer(index, "attention.self.query_proj"),
      layer(index, "attention.self.value"),
    ]);
    expect(selected.map(({ name }) => name)).toEqual(names);
    expect(peftTargetModules(selected, ["query", "value"])).toEqual(names);
    const byName = selectTargets(projections, ["query_proj", "value"]);
    expect(byName).toEqual(selected);
    expect(peftTargetModules(byName, ["query_proj", "value"])).toEqual(["query_proj", "value"]);
  });

  it("takes a module once, however many entries match it", () => {
    expect(select(["query", "self.query", layer(0, "attention.self.query")])).toHaveLength(2);
  });

  it("holds a pattern against the whole name", () => {
    expect(select(".*layer\\.1\\..*(query|key)")).toEqual([
      layer(1, "attention.self.query"),
      layer(1, "attention.self.key"),
    ]);
    expect(() => select("query")).toThrow(/"query" matches no linear module/);
  });

  it("takes all but the head for all-linear", () => {
    expect(select("all-linear")).toEqual(
      modules.map(({ name }) => name).filter((name) => name !== "classifier"),
    );
  });

  it("never takes the head", () => {
    expect(() => select(["classifier"])).toThrow(/"classifier" matches no linear module/);
    expect(select(".*")).not.toContain("classifier");
  });

  it("never takes a module that trains with the head", () => {
    const headParameters = new Set([...smallBert.headParameters, "bert.pooler.dense.weight"]);
    const described = describeModel({ ...smallBert, headParameters });
    const names = selectTargets(described.modules, "all-linear").map(({ name }) => name);
    expect(names).not.toContain("bert.pooler.dense");
    expect(select("all-linear")).toContain("bert.pooler.dense");
  });

  it("names an entry that matches nothing, though others do, and what there is", () => {
    expect(() => select(["query", "q_proj"])).toThrow(
      /targetModules: "q_proj" matches no linear module\. There are attention\.self\.query, .*all-linear/,
    );
  });

  it("names a pattern that is none", () => {
    expect(() => select("(")).toThrow(/targetModules "\(" is not a regular expression/);
  });
});

describe("peftTargetModules", () => {
  it("keeps a list and writes a pattern out", () => {
    expect(peftTargetModules(selectTargets(modules, ["query"]), ["query"])).toEqual(["query"]);
    const pattern = ".*1.*query";
    expect(peftTargetModules(selectTargets(modules, pattern), pattern)).toEqual([
      layer(1, "attention.self.query"),
    ]);
  });
});
