import { expect, it } from "vitest";
import { exampleTextOf, exampleTextSchema } from "./exampleTexts.ts";

it("keeps short texts as they are, and of long ones a beginning that says that it is one", () => {
  const kept = (text: string, pair?: string) =>
    exampleTextOf({ id: "dev:3", text, label: 1, ...(pair === undefined ? {} : { pair }) });
  expect(kept("short")).toEqual({ exampleId: "dev:3", text: "short", pair: null });
  expect(kept("x".repeat(300), "y").text).toBe("x".repeat(300));
  // A character outside the basic plane takes two code units, and is never cut in half.
  const { text, pair } = kept("a", "😀".repeat(301));
  expect(pair).toBe(`${"😀".repeat(299)}…`);
  expect(exampleTextSchema.safeParse({ exampleId: "dev:3", text, pair }).success).toBe(true);
});
