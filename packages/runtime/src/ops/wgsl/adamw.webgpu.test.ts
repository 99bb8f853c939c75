import { afterAll, beforeAll, expect, it } from "vitest";
import type { WebgpuDevice } from "../../execute/webgpu/device/openDevice.ts";
import { openWebgpuDevice } from "../../execute/webgpu/device/openDevice.ts";
import { createWebgpuExecutor } from "../../execute/webgpu/executor.ts";
import { runSteps } from "../../execute/webgpu/testing/runSteps.ts";
import { GraphBuilder } from "../../graph/builder.ts";
import type { Graph } from "../../graph/graph.ts";
import type { Shape } from "../../graph/spec.ts";
import { addOptimizerUpdate } from "../../optim/optimizer.ts";
import { groupAdamW } from "../../passes/groupAdamW.ts";
import { ADAMW } from "../../plan/testGraphs.ts";

const SHAPES: readonly Shape[] = [[4, 8], [], [257], [3, 5], [16], [300], [64, 3]];

/** Updates of some of the tensors. Without clipping, so that one does not depend on the others. */
function updates(indices: readonly number[]): Graph {
  const graph = new GraphBuilder();
  const weights = indices.map((index) =>
    graph.parameter(`w${index}`, SHAPES[index] as Shape, { role: "adapterWeight", trainable: true }),
  );
  // Frozen, since parameters have values by their name alone.
  const gradients = indices.map((index) =>
    graph.parameter(`g${index}`, SHAPES[index] as Shape, { role: "baseWeight", trainable: false }),
  );
  const trainable = weights.map((tensor) => ({ tensor }));
  addOptimizerUpdate(graph, trainable, gradients, { ...ADAMW, maxGradientNorm: null });
  return graph.finish();
}

let opened: WebgpuDevice;
beforeAll(async () => {
  opened = await openWebgpuDevice({ adapter: "any" });
});
afterAll(() => opened.dispose());

it("makes the same bits of many tensors in few dispatches as of each by itself", async () => {
  const executor = createWebgpuExecutor({ device: opened });
  const indices = SHAPES.map((_, index) => index);
  expect(groupAdamW(updates(indices)).nodes.map(({ op }) => op)).toContain("adamwGroup");
  const together = (await runSteps(executor, updates(indices), 3)).parameters;
  for (const index of indices) {
    const alone = (await runSteps(executor, updates([index]), 3)).parameters;
    for (const [name, values] of alone) expect(together.get(name), name).toEqual(values);
  }
});
