import { describe, expect, it } from "vitest";
import { lcsLength, lcsPositions } from "./lcs.ts";

const words = (text: string): readonly string[] => text.split(" ").filter((word) => word !== "");

describe("longest common subsequences", () => {
  it.each([
    ["police killed the gunman", "police kill the gunman", [3, 2, 0]],
    ["police killed the gunman", "the gunman kill police", [3, 2]],
    ["a b c d e f g", "b x d g", [6, 3, 1]],
    ["a a a", "a a", [2, 1]],
    ["a b", "c d", []],
    ["", "a", []],
    ["a", "", []],
  ])("of %j and %j", (a, b, positions) => {
    expect(lcsPositions(words(a), words(b))).toEqual(positions);
    expect(lcsLength(words(a), words(b))).toBe(positions.length);
  });

  it("takes of two equally long ones that which ends earlier in the first list, as rouge-score does", () => {
    expect(lcsPositions(words("a b"), words("b a"))).toEqual([0]);
    expect(lcsPositions(words("a b c d"), words("c d a b"))).toEqual([1, 0]);
  });
});
