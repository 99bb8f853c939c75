import type { Graph } from "../../graph/graph.ts";
import { leavesOf } from "../../graph/graph.ts";
import type { HostArray } from "../../graph/spec.ts";
import type { TensorWindow } from "../../passes/splitLarge/tensorWindows.ts";
import { tensorWindows } from "../../passes/splitLarge/tensorWindows.ts";
import type { DeviceProfile } from "../../plan/deviceProfile.ts";
import type { ProgramInputs } from "../executor.ts";

/** The inputs of a graph as the leaves of the same graph prepared for a device, which may hold a window each. */
export class InputWindows {
  readonly #windows: ReadonlyMap<string, { readonly input: string; readonly window: TensorWindow }>;

  constructor(graph: Graph, profile: DeviceProfile) {
    this.#windows = new Map(
      leavesOf(graph, "input").flatMap((value) =>
        tensorWindows(value.name, value, profile).map(
          (window) => [window.name, { input: value.name, window }] as const,
        ),
      ),
    );
  }

  /** What the leaf `name` of the prepared graph is fed, without a copy. */
  data(name: string, inputs: ProgramInputs): HostArray {
    const found = this.#windows.get(name);
    const data = inputs[found?.input ?? name];
    if (found === undefined || data === undefined) throw new RangeError(`No input holds ${name}.`);
    const { firstElement, elements } = found.window;
    return data.subarray(firstElement, firstElement + elements);
  }
}
