import { describe, expect, it } from "vitest";
import { findOverlap, overlapItems } from "./overlap.ts";

const train = [
  {
    id: "train:0",
    text: "Below is a task. ### Question: Janet's ducks lay 16 eggs a day; how many in a week? ### Answer:",
  },
  { id: "train:1", text: "Stars are" },
  { id: "train:2", text: "Stars are far away from us, so tell me how far." },
];

describe("findOverlap", () => {
  it("finds a test question inside a training prompt, whatever its case, spaces and marks", () => {
    const test = [{ id: "test:7", text: "janet s ducks lay  16 eggs a day - how many in a week" }];
    expect(findOverlap(train, test)).toEqual([{ test: "test:7", train: "train:0" }]);
  });

  it("finds a short text only where it is all of a training text", () => {
    expect(findOverlap(train, [{ id: "test:0", text: "STARS are..." }])).toEqual([
      { test: "test:0", train: "train:1" },
    ]);
    expect(findOverlap(train.slice(2), [{ id: "test:0", text: "Stars are" }])).toEqual([]);
  });

  it("does not take one number, or one more word, for another", () => {
    const test = [
      { id: "test:0", text: "Janet's ducks lay 17 eggs a day; how many in a week?" },
      { id: "test:1", text: "Janet's ducks lay 16 eggs a day; how many in a year?" },
      { id: "test:2", text: "Stars are far away from us, so tell me how far they are." },
      { id: "test:3", text: "" },
    ];
    expect(findOverlap(train, test)).toEqual([]);
  });

  it("finds a text at the end of a training text, and each of several with the same start", () => {
    const start = "one two three four five six seven eight";
    const test = [`${start} nine`, start, `${start} ten`].map((text, index) => ({
      id: `test:${index}`,
      text,
    }));
    expect(
      findOverlap([{ id: "train:0", text: `zero ${start} nine` }], test).map(({ test }) => test),
    ).toEqual(["test:0", "test:1"]);
  });
});

describe("overlapItems", () => {
  it("leaves the order of options out", () => {
    const [first, second] = overlapItems([
      { id: "a", question: "Q", options: ["x", "y"] },
      { id: "b", question: "Q", options: ["y", "x"] },
    ]);
    expect(first?.text).toBe(second?.text);
  });
});
