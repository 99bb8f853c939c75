import type { PlannedChange } from "@peftbench/harness";
import { formatChanges, formatMebibytes, indented } from "./explain.ts";
import type { PlannedCase } from "./plannedCase.ts";

const SHOWN_WAYS = 3;

/** Why a case does not fit, and the cheapest single changes with which it would; else the largest ones. */
export function refusal(
  { method, settings, planned }: PlannedCase,
  changes: readonly PlannedChange[],
  limitBytes: number,
): string {
  const { peakLiveBytes, peakReservedBytes } = planned.memory;
  const enough = changes.filter((change) => change.peakReservedBytes <= limitBytes);
  const lowest = changes.toSorted((a, b) => a.peakLiveBytes - b.peakLiveBytes);
  const ways = (enough.length === 0 ? lowest : enough).slice(0, SHOWN_WAYS);
  const which =
    enough.length === 0
      ? "No single change is enough; those that lower it most:"
      : "Enough, the cheapest first:";
  return [
    `${method.id}, ${settings.training.savePolicy}: refused. It would reserve ${formatMebibytes(peakReservedBytes)} MiB, and the limit is ${formatMebibytes(limitBytes)} MiB. ${which}`,
    indented(formatChanges(ways, peakLiveBytes)),
  ].join("\n\n");
}
