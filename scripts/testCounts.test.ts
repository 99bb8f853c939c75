import { describe, expect, test } from "vitest";
import { addCounts, countOf, countVitest, formatCounts } from "./testCounts.ts";

const report = (...files: { status: "passed" | "failed"; tests: string[] }[]) =>
  JSON.stringify({
    testResults: files.map(({ status, tests }) => ({
      status,
      assertionResults: tests.map((testStatus) => ({ status: testStatus })),
    })),
  });

describe("countVitest", () => {
  test("adds up the tests of all files, and takes whatever did not run for skipped", () => {
    const text = report(
      { status: "passed", tests: ["passed", "passed", "skipped", "pending", "todo"] },
      { status: "failed", tests: ["passed", "failed"] },
    );
    expect(countVitest(text, false)).toEqual({ passed: 3, failed: 1, skipped: 3 });
  });

  test("counts a file that could not be loaded as one failure", () => {
    const text = report({ status: "failed", tests: [] }, { status: "passed", tests: ["passed"] });
    expect(countVitest(text, false)).toEqual({ passed: 1, failed: 1, skipped: 0 });
  });

  test("never reports a failed run as one without failures", () => {
    expect(countVitest(report({ status: "passed", tests: ["passed"] }), false).failed).toBe(1);
    expect(countVitest(report(), true).failed).toBe(1);
    expect(countVitest(report({ status: "passed", tests: ["skipped"] }), true).failed).toBe(1);
    expect(countVitest(undefined, true).failed).toBe(1);
  });
});

test("the closing line names skipped tests only where there are some", () => {
  expect(formatCounts(addCounts(countOf(true), countOf(false)))).toBe("1 passed, 1 failed");
  expect(formatCounts({ passed: 12, failed: 0, skipped: 3 })).toBe("12 passed, 0 failed, 3 skipped");
});
