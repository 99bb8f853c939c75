import type { RunResult } from "../result/schema.ts";

/**
 * Whether a stored result is the last word on the run with this id. A diverged run would diverge again, so it is; a
 * failed, interrupted or out-of-memory one has another chance on the next start.
 */
export function isFinished(result: RunResult, id: string): boolean {
  return result.id === id && (result.status === "ok" || result.status === "diverged");
}
