import { describe, expect, test } from "vitest";
import { commonOptions, parseOptions } from "./parse.ts";
import { nearest, UsageError } from "./usageError.ts";
import { listOf, numberByName, oneOf, positiveNumber, probability, seedList, wholeNumber } from "./values.ts";

const definitions = {
  tasks: { type: "string", description: "Tasks" },
  force: { type: "boolean" },
  folder: { type: "positional", required: false },
  ...commonOptions,
} as const;

const parse = (...words: string[]) => parseOptions(words, definitions, "glue");

/** The message of the usage error that a call has to end in. */
function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  throw new Error("expected a UsageError");
}

describe("options", () => {
  test("are read in either form, with flags, short names and words of their own", () => {
    const options = parse("--tasks", "a,b", "--force", "here");
    expect(options.text("tasks")).toBe("a,b");
    expect(options.flag("force")).toBe(true);
    expect(options.flag("json")).toBe(false);
    expect(options.positionals).toEqual(["here"]);
    expect(parse("--tasks=-x").text("tasks")).toBe("-x");
    expect(parse("-h").flag("help")).toBe(true);
    expect(parse().text("tasks")).toBeUndefined();
  });

  test("that are unknown are refused with what was probably meant and all that is allowed", () => {
    const message = refusal(() => parse("--task", "a"));
    expect(message).toContain("--task of glue");
    expect(message).toContain("Did you mean --tasks?");
    expect(message).toContain("--force");
    expect(refusal(() => parse("-x"))).toContain("-x");
    expect(refusal(() => parse("--no-force"))).toContain("--no-force");
  });

  test("that lack their value, have one too many or come twice are refused", () => {
    for (const words of [["--tasks"], ["--tasks="], ["--tasks", "--force"]]) {
      expect(refusal(() => parse(...words))).toContain("--tasks needs a value");
    }
    expect(refusal(() => parse("--force=yes"))).toContain("--force takes no value");
    expect(refusal(() => parse("--force", "--force"))).toContain("given twice");
    expect(refusal(() => parse("one", "two"))).toContain('"two"');
  });
});

describe("values", () => {
  test("out of a list of words are found, or refused with the nearest", () => {
    expect(oneOf("--device", "cpu", ["cpu", "webgpu"])).toBe("cpu");
    expect(refusal(() => oneOf("--preset", "standrad", ["smoke", "standard"]))).toBe(
      '--preset: found "standrad". Did you mean standard? Allowed: smoke, standard.',
    );
    expect(listOf("--tasks", "b, a", ["a", "b"])).toEqual(["b", "a"]);
    for (const text of ["a,a", ",", "a,c"]) {
      expect(refusal(() => listOf("--tasks", text, ["a", "b"]))).toContain("--tasks: found");
    }
  });

  test("that are numbers are read in full or refused", () => {
    expect(wholeNumber("--epochs", "3", 1)).toBe(3);
    for (const text of ["0", "-1", "1.5", "3x", "1e3", " 3", "99999999999999999999"]) {
      expect(refusal(() => wholeNumber("--epochs", text, 1))).toContain("--epochs: found");
    }
    expect(["5e-4", ".5", "2", "1E+2"].map((text) => positiveNumber("--x", text))).toEqual([
      5e-4, 0.5, 2, 100,
    ]);
    for (const text of ["0", "-1", "0x10", "1e", "", "Infinity", "NaN", "1e999"]) {
      expect(refusal(() => positiveNumber("--x", text))).toContain("expected a number above 0");
    }
    expect(probability("--dropout", "0")).toBe(0);
    for (const text of ["1", "-0.1", "x"])
      expect(refusal(() => probability("--dropout", text))).toContain("--dropout");
  });

  test("that are seeds are a number of them, or a list", () => {
    expect(seedList("--seeds", "3")).toEqual([0, 1, 2]);
    expect(seedList("--seeds", "4,0")).toEqual([4, 0]);
    expect(seedList("--seeds", "7,")).toEqual([7]);
    for (const text of ["0", "a", "1,1", "1,-2", ","])
      expect(refusal(() => seedList("--seeds", text))).toContain("--seeds");
  });

  test("by name are one for all, or one for each name", () => {
    expect(numberByName("--learning-rate", "1e-3", ["a"]).all).toBe(1e-3);
    const { all, byName } = numberByName("--learning-rate", "a=1e-3,b=2", ["a", "b"]);
    expect(all).toBeNull();
    expect([...byName]).toEqual([
      ["a", 1e-3],
      ["b", 2],
    ]);
    for (const text of ["c=1", "a=x", "a=1,a=2", "a=1,2"]) {
      expect(refusal(() => numberByName("--learning-rate", text, ["a", "b"]))).toContain("--learning-rate");
    }
  });
});

test("the nearest word is found through a slip, and none is made up", () => {
  const words = ["lora", "full", "lamda", "adalora"];
  expect(nearest("lroa", words)).toBe("lora");
  expect(nearest("LORA", words)).toBe("lora");
  expect(nearest("ada", words)).toBe("adalora");
  expect(nearest("prefix", words)).toBeNull();
});
