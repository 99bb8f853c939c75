import type { Graph } from "../graph/graph.ts";
import { graphValue, leavesOf } from "../graph/graph.ts";
import type { HostArray } from "../graph/spec.ts";
import { elementCount } from "../graph/spec.ts";
import { tensorWindows } from "../passes/splitLarge/tensorWindows.ts";
import type { DeviceProfile } from "../plan/deviceProfile.ts";
import { deviceProfiles } from "../plan/deviceProfile.ts";
import type { Interpretation } from "./referenceInterpreter.ts";
import { interpretGraph } from "./referenceInterpreter.ts";

/** A device whose bindings show so many f32 elements. */
export function profileShowing(elements: number): DeviceProfile {
  return { ...deviceProfiles.swiftshader, name: "test", maxBindingBytes: 4 * elements };
}

/** Data of the leaves of a graph as that of the windows that they have on a device. */
export function splitLeaves<Data extends HostArray>(
  graph: Graph,
  leaves: ReadonlyMap<string, Data>,
  profile: DeviceProfile,
): ReadonlyMap<string, Data> {
  const split = new Map<string, Data>();
  for (const value of [...leavesOf(graph, "input"), ...leavesOf(graph, "parameter")]) {
    const data = leaves.get(value.name);
    if (data === undefined) continue;
    for (const { name, firstElement, elements } of tensorWindows(value.name, value, profile)) {
      split.set(name, data.slice(firstElement, firstElement + elements) as Data);
    }
  }
  return split;
}

export type FlatResults = ReadonlyMap<string, Float64Array>;

/** Outputs, and the next values of parameters as `next <name>`, of a graph that was split for a device. */
export function interpretSplit(
  original: Graph,
  split: Graph,
  leaves: ReadonlyMap<string, HostArray>,
  profile: DeviceProfile,
): FlatResults {
  return joined(original, interpretGraph(split, splitLeaves(original, leaves, profile)), profile);
}

/** The same of the graph itself. */
export function interpretWhole(graph: Graph, leaves: ReadonlyMap<string, HostArray>): FlatResults {
  const { outputs, states } = interpretGraph(graph, leaves);
  return new Map([
    ...[...outputs].map(([name, { data }]): [string, Float64Array] => [name, data]),
    ...[...states].map(([name, { data }]): [string, Float64Array] => [`next ${name}`, data]),
  ]);
}

function joined(graph: Graph, { outputs, states }: Interpretation, profile: DeviceProfile): FlatResults {
  const results = new Map<string, Float64Array>();
  const join = (name: string, id: number, parts: Interpretation["outputs"]): Float64Array => {
    const value = graphValue(graph, id);
    const data = new Float64Array(elementCount(value.shape));
    for (const window of tensorWindows(name, value, profile)) {
      const part = parts.get(window.name);
      if (part === undefined) throw new RangeError(`The split graph has no ${window.name}.`);
      data.set(part.data, window.firstElement);
    }
    return data;
  };
  for (const { name, value } of graph.outputs) results.set(name, join(name, value, outputs));
  for (const { name, input } of graph.states) results.set(`next ${name}`, join(name, input, states));
  return results;
}

/** Values of a graph that one binding of a device cannot show. */
export function valuesAbove(graph: Graph, profile: DeviceProfile): readonly string[] {
  return graph.values
    .filter(({ shape }) => 4 * elementCount(shape) > profile.maxBindingBytes)
    .map(({ name }) => name);
}
