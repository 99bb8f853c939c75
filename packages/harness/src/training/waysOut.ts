import type { PlannedChange } from "./memoryChanges.ts";

const SHOWN_WAYS = 3;

/** The cheapest single changes that bring what is reserved under a limit; where none does, those that lower it most. */
export function waysOut(
  changes: readonly PlannedChange[],
  limitBytes: number,
): { readonly areEnough: boolean; readonly ways: readonly PlannedChange[] } {
  const enough = changes.filter(({ peakReservedBytes }) => peakReservedBytes <= limitBytes);
  const lowest = changes.toSorted((a, b) => a.peakReservedBytes - b.peakReservedBytes);
  const areEnough = enough.length > 0;
  return { areEnough, ways: (areEnough ? enough : lowest).slice(0, SHOWN_WAYS) };
}

/** The same in words, behind what else can be done. */
export function describeWaysOut(changes: readonly PlannedChange[], limitBytes: number): string {
  const { areEnough, ways } = waysOut(changes, limitBytes);
  if (ways.length === 0) return "No single change of settings lowers it.";
  const list = ways.map(
    ({ change, cost, peakReservedBytes }) =>
      `${change}, ${(peakReservedBytes / 2 ** 20).toFixed(1)} MiB (${cost})`,
  );
  const which = areEnough ? "Enough, the cheapest first" : "No single change is enough; these lower it most";
  return `${which}: ${list.join("; ")}.`;
}
