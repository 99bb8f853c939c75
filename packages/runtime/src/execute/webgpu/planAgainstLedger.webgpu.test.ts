import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Graph, GraphValue, ParameterRole } from "../../graph/graph.ts";
import { leavesOf } from "../../graph/graph.ts";
import { prepareForDevice } from "../../passes/prepareForDevice.ts";
import { applySavePolicy, savePolicies } from "../../passes/savePolicy.ts";
import { planMemory, sumByRole } from "../../plan/memoryPlan.ts";
import { planPrograms } from "../../plan/programs.ts";
import { encoderStep } from "../../plan/testGraphs.ts";
import type { Executor } from "../executor.ts";
import type { WebgpuDevice } from "./device/openDevice.ts";
import { openWebgpuDevice } from "./device/openDevice.ts";
import { createWebgpuExecutor, kernelDeviceOf } from "./executor.ts";
import type { Ledger } from "./ledger/ledger.ts";
import { attachLedger } from "./ledger/ledger.ts";
import { planOverhead } from "./overhead.ts";
import { inputsOf, parametersOf } from "./testing/runSteps.ts";

const SHAPES = [
  { layers: 2, batch: 2, length: 7, width: 24, heads: 3, rank: 2 },
  { layers: 1, batch: 5, length: 33, width: 16, heads: 2, rank: 3 },
] as const;

const CASES = savePolicies.flatMap((policy) =>
  SHAPES.map((sizes, index) => ({
    policy,
    shape: index,
    graph: applySavePolicy(encoderStep(sizes), policy),
  })),
);

/** What the executor is to take beside the plan's tensors: kernels' scratch, uniforms, read-back. */
function overheadBytes(opened: WebgpuDevice, graphs: readonly Graph[]): number {
  const prepared = graphs.map((graph) => prepareForDevice(graph, opened.profile));
  const programs = prepared.map((graph) => ({ graph, plan: planMemory(graph, opened.profile) }));
  const alignment = opened.device.limits.minUniformBufferOffsetAlignment;
  const planned = planOverhead(programs, kernelDeviceOf(opened), alignment);
  return planned.scratchBytes + planned.uniformBytes + planned.readbackBytes;
}

/** Compiles all graphs against one store, runs each once in that order, looks, and gives everything back. */
async function withPrograms(executor: Executor, graphs: readonly Graph[], look: () => void): Promise<void> {
  const store = await executor.createStore(parametersOf(graphs[0] as Graph, 1));
  const programs = [];
  for (const graph of graphs) programs.push(await executor.compile(graph, store));
  for (const program of programs) await program.run(inputsOf(program.graph, 1, 0));
  look();
  for (const program of programs) await program.dispose();
  store.release(store.names);
}

describe("the plan held against what the device was asked for", () => {
  let opened: WebgpuDevice;
  let executors: Readonly<Record<"arena" | "bufferPerTensor", Executor>>;
  let ledger: Ledger;
  beforeAll(async () => {
    opened = await openWebgpuDevice({ adapter: "any" });
    const roles = new Map(CASES.flatMap(({ graph }) => leavesOf(graph, "parameter")).map(parameterRole));
    const roleOf = (name: string): ParameterRole => roles.get(name) ?? "baseWeight";
    executors = {
      arena: createWebgpuExecutor({ device: opened, roleOf }),
      bufferPerTensor: createWebgpuExecutor({ device: opened, mode: "bufferPerTensor", roleOf }),
    };
  });
  afterAll(() => opened.dispose());
  beforeEach(() => {
    ledger = attachLedger(opened.device);
  });
  afterEach(() => ledger.detach());

  it.each(CASES)("reserves what is planned ($policy, shape $shape)", async ({ graph }) => {
    const plan = planMemory(prepareForDevice(graph, opened.profile), opened.profile);
    await withPrograms(executors.arena, [graph], () => {
      const { peakBytes, currentByRole } = ledger.report();
      expect(peakBytes).toBe(plan.peakReservedBytes + overheadBytes(opened, [graph]));
      expect(currentByRole.arena).toBe(plan.arenaBytes);
    });
  });

  it.each(CASES)("has alive what is planned ($policy, shape $shape)", async ({ graph }) => {
    const plan = planMemory(prepareForDevice(graph, opened.profile), opened.profile);
    await withPrograms(executors.bufferPerTensor, [graph], () => {
      const { peakBytes, currentByRole } = ledger.report();
      expect(peakBytes).toBe(plan.peakLiveBytes + overheadBytes(opened, [graph]));
      const persistent = plan.tensors.filter(({ place }) => place.kind === "persistent");
      for (const [role, bytes] of Object.entries(sumByRole(persistent))) {
        // Uniforms and the read-back buffer count as staging; nothing of the plan's is left of that.
        if (role !== "staging" && bytes > 0) expect(currentByRole[role], role).toBe(bytes);
      }
    });
  });

  it("takes the largest of several programs' arenas, once", async () => {
    const graphs = SHAPES.map(({ length, batch }) => encoderStep({ ...SHAPES[0], length, batch }));
    const prepared = graphs.map((graph) => prepareForDevice(graph, opened.profile));
    const plan = planPrograms(prepared, opened.profile);
    const longestFirst = plan.largestFirst.map((index) => graphs[index] as Graph);
    await withPrograms(executors.arena, longestFirst, () => {
      const { currentBytes, peakBytes } = ledger.report();
      expect(currentBytes).toBe(plan.peakReservedBytes + overheadBytes(opened, graphs));
      // Longest first: nothing was replaced on the way.
      expect(peakBytes).toBe(currentBytes);
    });
  });

  it.each(["arena", "bufferPerTensor"] as const)("leaves nothing behind (%s)", async (mode) => {
    await withPrograms(
      executors[mode],
      CASES.slice(0, 1).map(({ graph }) => graph),
      () => undefined,
    );
    expect(ledger.live()).toEqual([]);
  });
});

function parameterRole({ name, source }: GraphValue): [string, ParameterRole] {
  return [name, source.kind === "parameter" ? source.role : "baseWeight"];
}
