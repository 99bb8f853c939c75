import type { PlannedChange } from "@peftbench/harness";
import { waysOut } from "@peftbench/harness";
import { formatChanges, formatMebibytes, indented } from "./explain.ts";
import type { PlannedCase } from "./plannedCase.ts";

/** Why a case does not fit, and the cheapest single changes with which it would; else the largest ones. */
export function refusal(
  { method, settings, memory }: PlannedCase,
  changes: readonly PlannedChange[],
  limitBytes: number,
): string {
  const { peakReservedBytes } = memory;
  const { areEnough, ways } = waysOut(changes, limitBytes);
  const which = areEnough
    ? "Enough, the cheapest first:"
    : "No single change is enough; those that lower it most:";
  return [
    `${method.id}, ${settings.training.savePolicy}: refused. It would reserve ${formatMebibytes(peakReservedBytes)} MiB, and the limit is ${formatMebibytes(limitBytes)} MiB. ${which}`,
    indented(formatChanges(ways, peakReservedBytes, "peakReservedBytes")),
  ].join("\n\n");
}
