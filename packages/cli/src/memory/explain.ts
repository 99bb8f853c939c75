import type { PeakTensors, PlannedChange } from "@peftbench/harness";
import { formatTable } from "../table.ts";
import type { PlannedCase } from "./plannedCase.ts";

/** Where the peak of one case comes from, and what would lower it. */
export interface Explanation {
  /** Most bytes first. */
  readonly largestTensors: readonly PeakTensors[];
  readonly changes: readonly PlannedChange[];
}

const SHOWN_TENSORS = 10;

export function explain({ tensors }: PlannedCase, changes: readonly PlannedChange[]): Explanation {
  return { largestTensors: tensors.slice(0, SHOWN_TENSORS), changes };
}

export function formatExplanation(
  { method, settings, memory, stage }: PlannedCase,
  { largestTensors, changes }: Explanation,
): string {
  const { peakLiveBytes, peakAt } = memory;
  const during = stage === null ? "" : `, in stage ${stage}`;
  const where = peakAt === null ? "" : ` at ${peakAt.node} (${peakAt.phase}${during})`;
  const tensors = formatTable(
    ["alive then", "shape", "dtype", "role", "tensors", "MiB"],
    largestTensors.map(({ name, shape, dtype, role, count, bytes }) => [
      ...[name, `[${shape.join(", ")}]`, dtype, role, `${count}`],
      formatMebibytes(bytes),
    ]),
    [4, 5],
  );
  return [
    `${method.id}, ${settings.training.savePolicy}: peak of ${formatMebibytes(peakLiveBytes)} MiB${where}`,
    indented(tensors),
    indented(formatChanges(changes, peakLiveBytes)),
  ].join("\n\n");
}

/** Single changes, not to be added up. @param which peak is shown, live or reserved; `peakBytes` is the same without them */
export function formatChanges(
  changes: readonly PlannedChange[],
  peakBytes: number,
  which: "peakLiveBytes" | "peakReservedBytes" = "peakLiveBytes",
): string {
  if (changes.length === 0) return "No single change of settings lowers it.";
  return formatTable(
    [
      "lowered by (one change each)",
      which === "peakLiveBytes" ? "to MiB" : "to reserved MiB",
      "by",
      "at what cost",
    ],
    changes.map(({ change, cost, ...peaks }) => [
      ...[
        change,
        formatMebibytes(peaks[which]),
        `${Math.round(100 * (1 - peaks[which] / peakBytes))} %`,
        cost,
      ],
    ]),
    [1, 2],
  );
}

export function formatMebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1);
}

export function indented(text: string): string {
  return text.replace(/^(?=.)/gm, "  ");
}
