import type { Graph } from "../graph/graph.ts";
import type { DeviceProfile } from "../plan/deviceProfile.ts";
import { mergeNodes } from "./mergeNodes.ts";
import { splitLargeTensors } from "./splitLarge/splitLargeTensors.ts";

/**
 * A graph as it runs on a device: what the WebGPU executor compiles, and what must be planned for the plan to be of what
 * runs. A graph that was prepared already stays as it is.
 * @throws CannotSplitError if a tensor exceeds one binding and its op cannot be computed in parts
 */
export function prepareForDevice(graph: Graph, profile: DeviceProfile): Graph {
  return mergeNodes(splitLargeTensors(graph, profile), profile);
}
