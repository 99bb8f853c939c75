import { InputError } from "../../errors.ts";
import type { Graph } from "../../graph/graph.ts";
import { leavesOf } from "../../graph/graph.ts";
import { formatSpec, sameShape } from "../../graph/spec.ts";
import type { KernelDevice } from "../../ops/kernel.ts";
import { prepareForDevice } from "../../passes/prepareForDevice.ts";
import { assertTensorsFit } from "../../plan/limits.ts";
import type { MemoryPlan } from "../../plan/memoryPlan.ts";
import { planMemory } from "../../plan/memoryPlan.ts";
import type { IndexCheck } from "../indexChecks.ts";
import { indexChecks } from "../indexChecks.ts";
import type { BufferRange } from "./arena.ts";
import { allOrNone } from "./buffers.ts";
import { Constants } from "./constants.ts";
import type { WebgpuDevice } from "./device/openDevice.ts";
import { InputWindows } from "./inputWindows.ts";
import type { Location } from "./locations.ts";
import type { LoweredDispatch, LoweredGraph } from "./lowerGraph.ts";
import { lowerGraph } from "./lowerGraph.ts";
import type { CompiledKernel, PipelineCache } from "./pipelines.ts";
import { OutputReadback } from "./readback.ts";
import { StateCopies } from "./stateCopies.ts";
import type { WebgpuParameterStore } from "./store.ts";
import { UniformBlocks } from "./uniforms.ts";

/** What compiling needs beside the graph and its parameters. */
export interface CompileContext {
  readonly opened: WebgpuDevice;
  readonly kernelDevice: KernelDevice;
  readonly pipelines: PipelineCache;
  /** Size of the buffer for a persistent tensor of so many bytes. */
  readonly padded: (bytes: number) => number;
}

/** A dispatch that is ready but for the buffers that it binds. */
export interface CompiledDispatch extends LoweredDispatch, CompiledKernel {}

/** A graph prepared for the device, planned, lowered and compiled, with the buffers that belong to it alone. */
export interface CompiledGraph {
  /** As it was given. */
  readonly written: Graph;
  /** As it runs: tensors that are too large for one binding are in windows, leaves and outputs included. */
  readonly graph: Graph;
  readonly inputs: InputWindows;
  readonly plan: MemoryPlan;
  readonly scratchBytes: number;
  readonly dispatches: readonly CompiledDispatch[];
  readonly uniforms: UniformBlocks;
  readonly constants: Constants;
  readonly readback: OutputReadback;
  readonly stateCopies: StateCopies;
  readonly indexChecks: readonly IndexCheck[];
}

/**
 * @param extend dispatches of the caller's own among those of the graph
 * @throws InputError if a parameter is missing or of another shape, or a constant index is out of range
 * @throws RuntimeError if it has f16 tensors and the device has no f16
 * @throws ShaderCompileError, OutOfMemoryError, GpuOutOfMemoryError, CannotSplitError
 */
export async function compileGraph(
  context: CompileContext,
  written: Graph,
  store: WebgpuParameterStore,
  extend: (plan: MemoryPlan, lowered: LoweredGraph) => readonly LoweredDispatch[] = (_, { dispatches }) =>
    dispatches,
): Promise<CompiledGraph> {
  const { opened, kernelDevice, pipelines, padded } = context;
  checkParameters(written, store);
  const checks = indexChecks(written);
  const graph = prepareForDevice(written, opened.profile);
  const plan = planMemory(graph, opened.profile);
  assertTensorsFit(plan);
  const lowered = lowerGraph(graph, plan, kernelDevice);
  const dispatches = extend(plan, lowered);
  const kernels = await Promise.all(dispatches.map((dispatch) => pipelines.get(dispatch)));
  const [uniforms, constants, readback, stateCopies] = await allOrNone([
    UniformBlocks.create(opened.device, dispatches),
    Constants.upload(opened.device, graph, padded),
    OutputReadback.create(opened, written, graph, plan),
    StateCopies.create(opened.device, graph, plan),
  ]);
  return {
    written,
    graph,
    inputs: new InputWindows(written, opened.profile),
    plan,
    scratchBytes: lowered.scratchBytes,
    dispatches: dispatches.map((dispatch, index) => ({
      ...dispatch,
      ...(kernels[index] as CompiledKernel),
    })),
    uniforms,
    constants,
    readback,
    stateCopies,
    indexChecks: checks,
  };
}

/** Frees what belongs to the graph alone. */
export function destroyCompiled({ uniforms, constants, readback, stateCopies }: CompiledGraph): void {
  uniforms.destroy();
  readback.destroy();
  stateCopies.destroy();
  constants.destroy();
}

/** The bytes of a parameter or a constant. */
export function persistentRange(
  { constants }: CompiledGraph,
  store: WebgpuParameterStore,
  location: Location & { readonly kind: "parameter" | "constant" },
): BufferRange {
  const buffer = location.kind === "parameter" ? store.buffer(location.name) : constants.buffer(location.id);
  return { buffer, offset: 0, size: location.bytes };
}

export function createBindGroup(
  device: GPUDevice,
  { uniforms }: CompiledGraph,
  dispatch: CompiledDispatch,
  resolve: (location: Location) => BufferRange,
): GPUBindGroup {
  const ranges = dispatch.bindings.map(({ location }) => resolve(location));
  if (dispatch.uniforms !== null) ranges.push(uniforms.range(dispatch.uniforms));
  return device.createBindGroup({
    label: dispatch.label,
    layout: dispatch.layout,
    entries: ranges.map((resource, binding) => ({ binding, resource })),
  });
}

function checkParameters(graph: Graph, store: WebgpuParameterStore): void {
  for (const value of leavesOf(graph, "parameter")) {
    const stored = store.spec(value.name);
    if (!sameShape(stored.shape, value.shape) || stored.dtype !== value.dtype) {
      throw new InputError(
        `${value.name} is stored as ${formatSpec(stored)}, the graph needs ${formatSpec(value)}.`,
      );
    }
  }
}
