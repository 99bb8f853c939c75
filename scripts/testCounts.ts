/** How many checks passed, failed or were skipped. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export const noCounts: Counts = { passed: 0, failed: 0, skipped: 0 };

/** A step that is one check by itself. */
export const countOf = (succeeded: boolean): Counts =>
  succeeded ? { ...noCounts, passed: 1 } : { ...noCounts, failed: 1 };

export const addCounts = (a: Counts, b: Counts): Counts => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
  skipped: a.skipped + b.skipped,
});

/** The part of Vitest's JSON report that is read here: one result a file, in it one a test. */
interface VitestReport {
  readonly testResults: readonly {
    readonly status: "passed" | "failed";
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

/**
 * Counts the tests of a Vitest run.
 *
 * @param reportText what its JSON reporter wrote; undefined if it wrote nothing, which counts as one failure
 * @param succeeded whether Vitest ended with status 0; if not, at least one failure is counted
 */
export function countVitest(reportText: string | undefined, succeeded: boolean): Counts {
  if (reportText === undefined) return countOf(false);
  const { testResults } = JSON.parse(reportText) as VitestReport;
  let counts = noCounts;
  for (const file of testResults) {
    const statuses = file.assertionResults.map(({ status }) => status);
    const failed = statuses.filter((status) => status === "failed").length;
    const passed = statuses.filter((status) => status === "passed").length;
    // A file that fails outside any test, while it is loaded or in a hook, is a failure of its own.
    const failedOutside = file.status === "failed" && failed === 0 ? 1 : 0;
    counts = addCounts(counts, {
      passed,
      failed: failed + failedOutside,
      skipped: statuses.length - failed - passed,
    });
  }
  // Errors that belong to no file (an unhandled rejection, say), and a run that found no test at all.
  const nothingRan = counts.passed + counts.failed === 0;
  return (!succeeded || nothingRan) && counts.failed === 0 ? addCounts(counts, countOf(false)) : counts;
}

/** The closing line that says how it went. */
export function formatCounts({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}
