import type { Graph } from "../graph/graph.ts";
import { leavesOf } from "../graph/graph.ts";
import type { HostTensor } from "../graph/spec.ts";
import type { ProgramInputs } from "./executor.ts";

/** The inputs that a graph reads, out of all that there are. One that is not there is left to `run` to refuse. */
export function feedsOf(
  graph: Graph,
  available: Readonly<Record<string, ProgramInputs[string] | undefined>>,
): ProgramInputs {
  return Object.fromEntries(
    leavesOf(graph, "input").flatMap(({ name }) => {
      const data = available[name];
      return data === undefined ? [] : [[name, data] as const];
    }),
  );
}

/** The number in an output of one element; NaN where there is no such output. */
export function scalarOf(tensor: HostTensor | undefined): number {
  return (tensor?.data[0] as number | undefined) ?? Number.NaN;
}
