import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { MeasuredMemory, MeasureRequest, ProbeAnswer } from "@peftbench/harness";
import { memoryRoles, runtimeCommand, startProbe } from "@peftbench/harness";
import type { CommandContext } from "../command.ts";
import type { AdapterSearch } from "../glue/device.ts";
import { findProbeAdapter } from "../glue/device.ts";
import { runtimeFor } from "../glue/runtime.ts";
import { UsageError } from "../options/usageError.ts";
import { formatTable } from "../table.ts";
import type { ConfiguredModel } from "./configuredModel.ts";
import { indented } from "./explain.ts";
import type { PlannedCase } from "./plannedCase.ts";
import { PLANNED_STEPS } from "./plannedCase.ts";

/** What a ledger saw of a case's steps, or why it saw nothing. */
export type Measurement = ProbeAnswer;

const PATIENCE_MS = 60 * 60_000;

/**
 * What measures cases, each in a process of its own.
 * @throws {UsageError} where there is no WebGPU adapter
 */
export async function createMeasurer(
  context: CommandContext,
  search: AdapterSearch,
  signal: AbortSignal,
): Promise<(model: ConfiguredModel, planned: PlannedCase) => Promise<Measurement>> {
  const found = await findProbeAdapter(search);
  if (found === null || found.adapter === null) {
    throw new UsageError(
      "--measure: found no WebGPU adapter here; `pnpm bench doctor` says what to install. Without it the plan stands alone.",
    );
  }
  const { environment, kind } = found;
  const process = {
    command: runtimeCommand(runtimeFor(undefined, context.projectFolder), context.projectFolder),
    entryFile: join(context.projectFolder, "packages/cli/src/measureProcess.ts"),
    workingFolder: context.projectFolder,
    environment,
    patienceMs: PATIENCE_MS,
    signal,
  };
  return ({ json, shape }, { method, settings, lengths }) => {
    context.say(`measuring ${method.id}, ${settings.training.savePolicy}, on ${found.adapter?.name ?? kind}`);
    const request = {
      ...{ config: json, head: shape.head, method: method.id, methodConfig: settings.method },
      ...{ training: settings.training, lengths, totalSteps: PLANNED_STEPS },
      adapter: kind === "hardware" ? "hardware" : "software",
      threads: availableParallelism(),
    };
    return startProbe(request as MeasureRequest, process);
  };
}

/** The plan and the ledger side by side, in bytes. */
export function formatMeasurement(planned: PlannedCase, measurement: Measurement): string {
  const { method, settings } = planned;
  const what = `${method.id}, ${settings.training.savePolicy}`;
  if ("problem" in measurement) return `${what}: not measured: ${measurement.problem}`;
  const { measured } = measurement;
  return [
    `${what}: measured on ${measured.adapter}, ${measured.steps} steps of stage "${measured.stage}", in bytes`,
    indented(formatTable(["", "planned", "ledger", "difference"], rowsOf(measured), [1, 2, 3])),
    indented(lossesOf(planned, measured)),
  ].join("\n\n");
}

/** Whether steps were measured, and their losses are numbers. */
export function isSound({ settings }: PlannedCase, measurement: Measurement): boolean {
  if (!("measured" in measurement)) return false;
  return isCompared(settings) ? measurement.measured.lossDifference !== null : true;
}

function lossesOf({ settings }: PlannedCase, { lossDifference }: MeasuredMemory): string {
  if (!isCompared(settings)) return "Losses were not compared: weights in f16 are for WebGPU alone.";
  if (lossDifference === null) return "Losses were not finite: random weights did not train.";
  return `Losses differ from the CPU executor's by at most ${lossDifference.largestRelative.toExponential(1)} (relative).`;
}

function isCompared({ training }: PlannedCase["settings"]): boolean {
  return training.frozenWeights === "f32";
}

function rowsOf({ live, reserved }: MeasuredMemory): readonly (readonly string[])[] {
  const row = (title: string, planned: number, seen: number): readonly string[] => [
    title,
    ...[planned, seen, seen - planned].map((bytes) => bytes.toLocaleString("en-US")),
  ];
  const ofRoles =
    live === null
      ? []
      : [...memoryRoles, "scratch"]
          .map((role) => [role, live.plannedByRole[role] ?? 0, live.measuredByRole[role] ?? 0] as const)
          .filter(([, planned, seen]) => planned > 0 || seen > 0)
          .map(([role, planned, seen]) => row(role, planned, seen));
  return [
    ...ofRoles,
    ...(live === null ? [] : [row("live peak", live.plannedBytes, live.measuredBytes)]),
    row("reserved", reserved.plannedBytes, reserved.measuredBytes),
  ];
}
