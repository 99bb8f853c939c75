import type { RunResult } from "../result/schema.ts";
import type { CellSpec } from "./cellSpec.ts";

/**
 * Whether a stored result is the last word on a run. A diverged run would diverge again, so it is; a failed, interrupted
 * or out-of-memory one has another chance on the next start, and one without the submission that is asked for is made
 * again, as its model is not kept. So is a trial of a search, which was never scored on dev, where a report is wanted.
 */
export function isFinished(
  result: RunResult,
  spec: Pick<CellSpec, "id" | "submission" | "purpose">,
): boolean {
  if (result.id !== spec.id) return false;
  if (result.status === "ok" && spec.purpose === "report" && result.metrics.length === 0) return false;
  if (result.status === "ok") return spec.submission !== true || result.submission !== null;
  return result.status === "diverged";
}
