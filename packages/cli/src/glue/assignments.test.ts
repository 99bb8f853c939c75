import { methods } from "@peftbench/methods";
import { describe, expect, it } from "vitest";
import { UsageError } from "../options/usageError.ts";
import { assignSearch, parseAssignments } from "./assignments.ts";

const chosen = methods.filter(({ id }) => ["lora", "full"].includes(id));
const parse = (text: string) => parseAssignments(text, chosen);

function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  throw new Error("expected a UsageError");
}

describe("--set", () => {
  it("sets training for all, options and training of single methods, and the search", () => {
    const {
      training,
      methods: own,
      search,
    } = parse(
      'training.batchSize=16,lora.rank=16, lora.targetModules=["query","value"],lora.training.epochs=2,' +
        "lora.init=pissa,search.training.selectionRows=40,training.trainLimit=null",
    );
    expect(training).toEqual({ batchSize: 16, trainLimit: null });
    expect(own.get("lora")).toEqual({
      config: { rank: 16, targetModules: ["query", "value"], init: "pissa" },
      training: { epochs: 2 },
    });
    expect(own.get("full")).toEqual({ config: {}, training: {} });
    expect([...search]).toEqual([["training.selectionRows", 40]]);
  });

  it("is empty where it is absent", () => {
    expect(parseAssignments(undefined, chosen)).toMatchObject({ training: {}, search: new Map() });
  });

  it("names what it cannot set, and what there is", () => {
    expect(refusal(() => parse("lroa.rank=1"))).toMatch(
      /found lroa .*Did you mean lora\?.*full, lora|lora, full/,
    );
    expect(refusal(() => parse("training.batchsize=1"))).toMatch(/Did you mean batchSize\?.*epochs/);
    expect(refusal(() => parse("training.batchSize=0"))).toMatch(/training\.batchSize: /);
    expect(refusal(() => parse("lora.training.epoch=1"))).toMatch(/lora\.training\.epoch.*epochs/);
    for (const text of ["rank=1", "lora.rank", "lora.=1", "lora.rank="]) {
      expect(refusal(() => parse(text))).toMatch(/expected a place and a value/);
    }
    expect(refusal(() => parse("lora.rank=1,lora.rank=2"))).toMatch(/lora\.rank twice/);
    expect(refusal(() => parse("lora.a.b=1"))).toMatch(/lora\.a\.b/);
  });

  it("of a search gives a whole search, or is refused by its field", () => {
    const search = { trials: 4, seed: 100, training: { selectionRows: 10 }, learningRateRatio: 3 };
    const assigned = new Map<string, unknown>([
      ["trials", 2],
      ["training.selectionRows", 5],
    ]);
    expect(assignSearch(search, assigned)).toEqual({ ...search, trials: 2, training: { selectionRows: 5 } });
    expect(search.training.selectionRows).toBe(10);
    expect(refusal(() => assignSearch(search, new Map([["trials", 0]])))).toMatch(/search\.trials/);
    expect(refusal(() => assignSearch(search, new Map([["training.selectionRows", 0]])))).toMatch(
      /training\.selectionRows: found 0; expected at least 1/,
    );
  });
});
