import { describe, expect, it } from "vitest";
import { extractNumber, isSameNumber } from "./number.ts";

describe("extractNumber", () => {
  it.each([
    ["the last number", "She had 3 and bought 4, so 7 apples.", 7],
    ["decimals", "It is 1.8333333333333335", 1.8333333333333335],
    ["decimals without a digit before the point", "about .5 miles", 0.5],
    ["a full stop behind a number", "The answer is 12.", 12],
    ["thousands", "The house costs 1,234,567 in all", 1234567],
    ["thousands and decimals", "$1,234.50", 1234.5],
    ["numbers that a comma only lists", "They are 1,2,3", 3],
    ["a comma that groups no thousands", "1,2345", 2345],
    ["a minus sign", "The answer is -15.0", -15],
    ["the minus sign of mathematics", "x = −4", -4],
    ["a minus sign before and behind $", "-$5", -5],
    ["a minus sign behind $", "$-5", -5],
    ["money with a space", "$ 2.00", 2],
    ["percent", "That is 50%", 50],
    ["a hyphen between numbers as an operator", "10-3", 3],
    ["a minus with spaces as an operator", "10 - 3", 3],
    ["a hyphen behind a word as a dash", "part-7", 7],
    ["a number behind an equals sign", "48/2 = -24", -24],
    ["GSM8K's mark", "2+2=4\n#### 4", 4],
    ["a number behind GSM8K's mark, whatever follows", "#### $1,080\nQuestion: 7 birds", 1080],
    ["the first of several marks", "#### 5\n\nQuestion: ...\n#### 6", 5],
  ])("reads %s", (_, text, expected) => {
    expect(extractNumber(text)).toBe(expected);
  });

  it.each([
    ["text without a number", "I do not know."],
    ["an empty text", ""],
    ["a text that ends with a fraction", "2 cups and 3/4"],
    ["a fraction with spaces", "1 / 2"],
    ["a mark with no number behind it", "2+2=4 #### unknown"],
  ])("gives null for %s", (_, text) => {
    expect(extractNumber(text)).toBeNull();
  });
});

describe("isSameNumber", () => {
  it("compares numbers, not their spelling", () => {
    expect(isSameNumber(extractNumber("42.0"), 42)).toBe(true);
    expect(isSameNumber(1.8333, 1.8333333333333335)).toBe(true);
    expect(isSameNumber(1.83, 1.8333333333333335)).toBe(false);
    expect(isSameNumber(-3, 3)).toBe(false);
    expect(isSameNumber(null, 0)).toBe(false);
  });
});
