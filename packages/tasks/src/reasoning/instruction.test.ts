import { describe, expect, it } from "vitest";
import { choiceTasks } from "./choiceTasks.ts";
import { InstructionFormError, parseInstruction, readChosenOption, writeInstruction } from "./instruction.ts";

const formOf = (id: string) => {
  const task = choiceTasks.find((one) => one.id === id);
  if (task === undefined) throw new Error(`no task ${id}`);
  return task.form;
};
const OPENING = "Please choose the correct answer to the question: ";
const END = "\n\nAnswer format: answer1/answer2";

describe("parseInstruction", () => {
  it("takes question and options apart, white space kept", () => {
    expect(
      parseInstruction(
        formOf("arc_easy"),
        `${OPENING}Stars are\n\nAnswer1: warm  Answer2: made of Answer: cheese\n\nAnswer format: answer1/answer2`,
      ),
    ).toEqual({ question: "Stars are", options: ["warm ", "made of Answer: cheese"] });
    expect(
      parseInstruction(
        formOf("piqa"),
        "Please choose the correct solution to the question: dresser\n\nSolution1: a \n\nSolution2: b\n\nAnswer format: solution1/solution2",
      ),
    ).toEqual({ question: "dresser", options: ["a ", "b"] });
    expect(
      parseInstruction(
        formOf("winogrande"),
        "Please choose the correct answer to fill in the blank to complete the given sentence: The _ fell.\n\nOption1: cup Option2: jar Answer format: option1/option2",
      ),
    ).toEqual({ question: "The _ fell.", options: ["cup", "jar"] });
    expect(
      parseInstruction(
        formOf("boolq"),
        "Please answer the following question with true or false, question: is ice cold?\n\nAnswer format: true/false",
      ),
    ).toEqual({ question: "is ice cold", options: ["no", "yes"] });
    expect(
      parseInstruction(formOf("aqua"), "How many? Answer Choices: (A) 1 (B) 2 (C) 3 (D) f(C) (E) None"),
    ).toEqual({ question: "How many?", options: ["1", "2", "3", "f(C)", "None"] });
  });

  it.each([
    ["another opening", `Choose: Stars are\n\nAnswer1: a Answer2: b${END}`],
    ["no answer format", `${OPENING}Stars are\n\nAnswer1: a Answer2: b`],
    ["an answer format with a gap", `${OPENING}Q\n\nAnswer1: a Answer2: b\n\nAnswer format: answer1/answer3`],
    ["one option", `${OPENING}Q\n\nAnswer1: a\n\nAnswer format: answer1`],
    ["an option too few", `${OPENING}Q\n\nAnswer1: a${END}`],
    ["a marker that occurs twice", `${OPENING}Q\n\nAnswer1: a Answer2: b Answer2: c${END}`],
    ["an empty option", `${OPENING}Q\n\nAnswer1:  Answer2: b${END}`],
    ["an empty question", `${OPENING} \n\nAnswer1: a Answer2: b${END}`],
    ["an empty text", ""],
  ])("refuses %s", (_, text) => {
    expect(() => parseInstruction(formOf("arc_easy"), text)).toThrow(InstructionFormError);
  });

  it("is undone by writeInstruction", () => {
    const text = `${OPENING}Stars are\n\nAnswer1: warm Answer2: far Answer3: old\n\nAnswer format: answer1/answer2/answer3`;
    const form = formOf("arc_easy");
    expect(writeInstruction(form, parseInstruction(form, text))).toBe(text);
  });
});

describe("readChosenOption", () => {
  it.each([
    ["arc_easy", "the correct answer is answer3", 2],
    ["arc_easy", "answer2, not answer1", 1],
    ["arc_easy", "the third", null],
    ["arc_easy", "answer5", null],
    ["piqa", "the correct answer is solution2", 1],
    ["winogrande", "option1", 0],
    ["boolq", "the correct answer is false", 0],
    ["boolq", "the correct answer is true", 1],
    ["aqua", "A train of 5 (A) or so. The answer is (D).", 3],
    ["aqua", "The answer is B", 1],
    ["aqua", "A train", null],
  ] as const)("reads %s: %s", (id, text, expected) => {
    expect(readChosenOption(formOf(id), id === "aqua" ? 5 : id === "arc_easy" ? 4 : 2, text)).toBe(expected);
  });
});
