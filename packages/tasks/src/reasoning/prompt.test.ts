import { describe, expect, it } from "vitest";
import { choiceTasks } from "./choiceTasks.ts";
import { numberTasks } from "./numberTasks.ts";
import { findPrompt, renderNumber, renderOptions, renderPrompt } from "./prompt.ts";

describe("findPrompt", () => {
  it.each([...choiceTasks, ...numberTasks].map((task) => [task.id, task.prompt] as const))(
    "has the prompt of %s",
    (_, prompt) => {
      expect(findPrompt(prompt)).toMatchObject({ id: prompt, version: 1 });
    },
  );

  it("refuses an id that it does not have, naming those that it has", () => {
    expect(() => findPrompt("arc")).toThrow(/"arc"; expected one of .*arc_easy/);
  });
});

// The strings that lm-evaluation-harness gives for these fields, spelled out by hand.
describe("renderOptions", () => {
  const options = ["ice", "fire"];
  it.each([
    ["arc_easy", "What is cold?", "Question: What is cold?\nAnswer:"],
    ["arc_challenge", "What is cold?", "Question: What is cold?\nAnswer:"],
    ["piqa", "Cool a drink.", "Question: Cool a drink.\nAnswer:"],
    ["openbookqa", "A cold thing is", "A cold thing is"],
    ["social_iqa", "Kim froze. What was it?", "Q: Kim froze. What was it?\nA:"],
    ["boolq", "is ice cold", "Question: is ice cold?\nAnswer:"],
  ])("writes %s", (id, question, context) => {
    expect(renderOptions(findPrompt(id), { question, options })).toEqual([
      { context, continuation: " ice" },
      { context, continuation: " fire" },
    ]);
  });

  it("puts winogrande's options into the blank and scores what follows", () => {
    const question = "The ice beat the fire as the _ was big.";
    expect(renderOptions(findPrompt("winogrande"), { question, options })).toEqual([
      { context: "The ice beat the fire as the ice", continuation: " was big." },
      { context: "The ice beat the fire as the fire", continuation: " was big." },
    ]);
  });

  it("refuses a sentence without its one blank", () => {
    for (const question of ["no blank", "_ and _"]) {
      expect(() => renderOptions(findPrompt("winogrande"), { question, options })).toThrow(
        "Prompt winogrande needs {before}",
      );
    }
  });
});

describe("renderNumber", () => {
  const example = { question: "How many ?", solution: "x=3*6", answer: 18 };
  it("writes the equation and the answer behind MAWPS' question", () => {
    expect(renderNumber(findPrompt("mawps"), example)).toEqual({
      context: "Question: How many ?\nAnswer:",
      continuation: " x=3*6\n#### 18",
    });
  });

  it("has nothing to learn where there is no solution", () => {
    expect(renderNumber(findPrompt("math_word"), { ...example, solution: null })).toEqual({
      context: "Question: How many ?\nAnswer:",
      continuation: null,
    });
  });
});

describe("renderPrompt", () => {
  it("writes a solution behind its question, braces and dollars in them untouched", () => {
    const fields = { question: "What is {x} of $& ?", solution: "<<1+1=2>>2\n#### 2" };
    expect(renderPrompt(findPrompt("math_word"), fields)).toEqual({
      context: "Question: What is {x} of $& ?\nAnswer:",
      continuation: " <<1+1=2>>2\n#### 2",
    });
  });

  it("says which field is missing", () => {
    expect(() => renderPrompt(findPrompt("math_word"), { question: "1+1?" })).toThrow("{solution}");
  });
});
