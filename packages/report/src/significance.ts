import type { TaskSummary } from "./aggregate.ts";
import type { Comparison } from "./compare.ts";
import type { Recommendation } from "./recommend.ts";

/** What the tests of a task say of a method beside the one that all are held against; equivalent ones do not differ. */
export type Standing = "better" | "worse" | "none shown";

/**
 * The method that others are held against on a task: the asked one where it has a score there, else none. A method that
 * was run with several configurations has several names, none of which is the asked one.
 */
export function referenceOn(task: TaskSummary, reference: string | null): string | null {
  if (reference === null) return null;
  const found = task.methods.find(({ method }) => method === reference);
  return found === undefined || found.mean === null ? null : reference;
}

/** @returns null for the reference itself, and where there is nothing to compare */
export function standingOf(
  { comparisons }: Pick<Recommendation, "comparisons">,
  method: string,
  reference: string | null,
): Standing | null {
  if (reference === null || method === reference) return null;
  const between = (first: string, second: string): Comparison | undefined =>
    comparisons.find((each) => each.first.method === first && each.second.method === second);
  const ahead = between(method, reference);
  const behind = between(reference, method);
  const verdict = ahead?.verdict ?? behind?.verdict;
  if (verdict === undefined) return null;
  if (verdict === "none shown" || verdict === "equivalent") return "none shown";
  return (verdict === "first is better") === (ahead !== undefined) ? "better" : "worse";
}
