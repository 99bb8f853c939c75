import { memoryRoles } from "@peftbench/harness";
import { formatTable } from "../table.ts";
import type { Explanation } from "./explain.ts";
import { formatMebibytes } from "./explain.ts";
import type { Measurement } from "./measure.ts";
import type { PlannedCase } from "./plannedCase.ts";

/** A case as the JSON document has it. */
export function documentOf(
  { method, settings, memory, stage, trainable, head }: PlannedCase,
  explanation: Explanation | undefined,
  measurement: Measurement | undefined,
): object {
  return {
    method: method.id,
    savePolicy: settings.training.savePolicy,
    trainable,
    head,
    memory,
    ...(stage === null ? {} : { stage }),
    ...(explanation === undefined ? {} : explanation),
    ...(measurement === undefined ? {} : measurement),
  };
}

/** A line for each case, by role. */
export function formatCases(cases: readonly PlannedCase[]): string {
  const headings = ["method", "kept", "trainable", "+ head", "live peak", "reserved", ...memoryRoles];
  return formatTable(
    headings,
    cases.map(({ method, settings, memory, trainable, head }) => [
      ...[method.id, settings.training.savePolicy],
      ...[trainable, head].map((count) => count.toLocaleString("en-US")),
      ...[memory.peakLiveBytes, memory.peakReservedBytes].map(formatMebibytes),
      ...memoryRoles.map((role) => formatMebibytes(memory.byRole[role])),
    ]),
    headings.map((_, column) => column).slice(2),
  );
}
