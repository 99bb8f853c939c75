import type { MethodStage } from "@peftbench/peft";
import type { ExecutorOverhead, Graph, LedgerReport, ParameterRole, ProgramsPlan } from "@peftbench/runtime";
import { leavesOf, planPrograms, prepareForDevice } from "@peftbench/runtime";
import type { MeasuredMemory } from "../result/measuredMemory.ts";
import type { CellDevice } from "./cellDevice.ts";
import type { Trainer } from "./trainer.ts";

/** What parameters of graphs are for, by name: the base weight's role where a graph knows no such parameter. */
export function parameterRoles(graphs: readonly Graph[]): (name: string) => ParameterRole {
  const roles = new Map<string, ParameterRole>();
  for (const graph of graphs) {
    for (const { name, source } of leavesOf(graph, "parameter")) {
      if (source.kind === "parameter") roles.set(name, source.role);
    }
  }
  return (name) => roles.get(name) ?? "baseWeight";
}

/** What is planned for the programs that a trainer has compiled so far. */
export function plannedForCompiled(
  trainer: Trainer,
  { profile, measurement }: CellDevice,
): { readonly plan: ProgramsPlan; readonly overhead: ExecutorOverhead } | null {
  if (measurement === null) return null;
  const graphs = trainer.compiledGraphs().map((graph) => prepareForDevice(graph, profile));
  if (graphs.length === 0) return null;
  return { plan: planPrograms(graphs, profile), overhead: measurement.overheadOf(graphs) };
}

export function overheadBytes({ scratchBytes, uniformBytes, readbackBytes }: ExecutorOverhead): number {
  return scratchBytes + uniformBytes + readbackBytes;
}

/** Peaks by phase, of what a ledger has seen. */
export function phasesOf({ phases }: LedgerReport): MeasuredMemory["phases"] {
  return phases.map(({ phase, peakBytes }) => ({ phase, peakBytes }));
}

export function peakOf(report: LedgerReport, phase: string): number {
  return report.phases.find((peak) => peak.phase === phase)?.peakBytes ?? 0;
}

/** Name of a stage's phase in a ledger. */
export function trainingPhase(stage: MethodStage): string {
  return `train: ${stage.name}`;
}
