import { findTask } from "@peftbench/tasks";
import { describe, expect, it } from "vitest";
import { bagOfWords, majorityBaseline } from "./metrics.ts";

const example = (text: string, label: number) => ({ id: text, text, label });

const nothingKept = { read: () => null, write: () => undefined };

describe("baselines", () => {
  it("give every metric of the task on dev, by names of their own", () => {
    const task = findTask("cola");
    const train = [
      example("they ran", 1),
      example("them ran", 0),
      example("they sang", 1),
      example("them sang", 0),
    ];
    const dev = [example("they slept", 1), example("them slept", 0), example("they sat", 1)];
    const expected = (name: string, matthews: number | null, accuracy: number) => [
      expect.objectContaining({ name, metric: "matthews", count: 3, split: "dev", value: matthews }),
      expect.objectContaining({ name, metric: "accuracy", count: 3, split: "dev", value: accuracy }),
    ];
    expect(bagOfWords(task, train, dev, nothingKept)).toEqual(expected("bag-of-words", 1, 1));
    const labels = [train, dev].map((split) => split.map(({ label }) => label)) as [number[], number[]];
    expect(majorityBaseline(task, ...labels)[1]).toMatchObject({ name: "majority-class", value: 1 / 3 });
  });
});
