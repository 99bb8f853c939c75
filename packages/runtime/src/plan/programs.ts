import { GraphError } from "../errors.ts";
import type { Graph, MemoryRole, ParameterRole } from "../graph/graph.ts";
import { leavesOf } from "../graph/graph.ts";
import { byteSize, formatSpec } from "../graph/spec.ts";
import type { DeviceProfile } from "./deviceProfile.ts";
import { alignUp } from "./deviceProfile.ts";
import type { BytesByRole, MemoryPlan, MemoryTotals } from "./memoryPlan.ts";
import { memoryRoles, planMemory } from "./memoryPlan.ts";

/** A parameter's buffer, the same for every program that reads it. */
export interface PlannedParameter {
  readonly name: string;
  readonly role: ParameterRole;
  readonly bytes: number;
  readonly paddedBytes: number;
}

/** Several programs over one arena and one set of parameters. */
export interface ProgramsPlan extends MemoryTotals {
  /** In the order of the graphs given. Each one's offsets are offsets of the common arena. */
  readonly programs: readonly MemoryPlan[];
  /** Indices of the programs by falling arena size: run first what needs most, so that nothing grows later. */
  readonly largestFirst: readonly number[];
  /** The program that has the peak. */
  readonly peakProgram: number;
  readonly parameters: readonly PlannedParameter[];
}

/**
 * Plans programs that run one at a time and share their parameters: length buckets, training and evaluation. The arena
 * is as large as the largest needs; parameters are in buffers of their own and counted once, so a change of program in
 * mid-run moves nothing. Constants belong to each program and stay for all.
 *
 * @throws GraphError if two graphs declare one parameter differently.
 */
export function planPrograms(graphs: readonly Graph[], profile: DeviceProfile): ProgramsPlan {
  const programs = graphs.map((graph) => planMemory(graph, profile));
  const [first] = programs;
  if (first === undefined) throw new GraphError("There is no graph to plan.", "Give at least one.");
  const parameters = sharedParameters(graphs, profile);

  const persistentBytesByRole = mapRoles((role) => {
    const own = parameters.filter((parameter) => parameter.role === role);
    const constants = role === "workspace" ? programs.map((plan) => plan.persistentBytesByRole[role]) : [];
    return sum(own.map(({ bytes }) => bytes)) + sum(constants);
  });
  const constantsReserved = programs.flatMap(({ tensors }, index) =>
    tensors
      .filter(({ id, place }) => place.kind === "persistent" && isConstant(graphs[index], id))
      .map(({ paddedBytes }) => paddedBytes),
  );
  const transientPeaks = programs.map(
    (plan) => plan.peakLiveBytes - sum(Object.values(plan.persistentBytesByRole)),
  );
  const peakProgram = transientPeaks.indexOf(Math.max(...transientPeaks));
  const peak = programs[peakProgram] ?? first;
  const arenaBytes = Math.max(...programs.map((plan) => plan.arenaBytes));
  return {
    profile,
    programs,
    largestFirst: programs
      .map((_, index) => index)
      .toSorted((a, b) => (programs[b]?.arenaBytes ?? 0) - (programs[a]?.arenaBytes ?? 0) || a - b),
    peakProgram,
    parameters,
    peakLiveBytes: Math.max(...transientPeaks) + sum(Object.values(persistentBytesByRole)),
    peakReservedBytes: arenaBytes + sum(parameters.map((p) => p.paddedBytes)) + sum(constantsReserved),
    peakAt: peak.peakAt,
    byRoleAtPeak: mapRoles(
      (role) => peak.byRoleAtPeak[role] - peak.persistentBytesByRole[role] + persistentBytesByRole[role],
    ),
    persistentBytesByRole,
    arenaBytes,
    arenaChunkBytes: first.arenaChunkBytes,
  };
}

function sharedParameters(graphs: readonly Graph[], profile: DeviceProfile): readonly PlannedParameter[] {
  const known = new Map<string, { readonly text: string; readonly planned: PlannedParameter }>();
  for (const value of graphs.flatMap((graph) => leavesOf(graph, "parameter"))) {
    if (value.source.kind !== "parameter") continue;
    const { role } = value.source;
    const text = `${role} ${formatSpec(value)}`;
    const before = known.get(value.name);
    if (before === undefined) {
      const bytes = byteSize(value);
      const paddedBytes = alignUp(bytes, profile.offsetAlignment);
      known.set(value.name, { text, planned: { name: value.name, role, bytes, paddedBytes } });
    } else if (before.text !== text) {
      throw new GraphError(
        `The parameter ${value.name} is ${before.text} in one graph and ${text} in another.`,
        "Programs that share parameters must declare them alike.",
      );
    }
  }
  return [...known.values()].map(({ planned }) => planned);
}

function isConstant(graph: Graph | undefined, id: number): boolean {
  return graph?.values[id]?.source.kind === "constant";
}

function mapRoles(bytes: (role: MemoryRole) => number): BytesByRole {
  return Object.fromEntries(memoryRoles.map((role) => [role, bytes(role)])) as Record<MemoryRole, number>;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
