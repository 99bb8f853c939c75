import type { Graph, ValueId } from "../../graph/graph.ts";
import { graphValue } from "../../graph/graph.ts";
import type { PlannedTensor } from "../../plan/memoryPlan.ts";
import type { Program, ProgramInputs, ProgramOutputs } from "../executor.ts";
import { checkIndices } from "../indexChecks.ts";
import { checkInputs } from "../inputs.ts";
import type { BufferRange } from "./arena.ts";
import { createBuffer, TENSOR_USAGE } from "./buffers.ts";
import type { CompileContext, CompiledGraph } from "./compiledGraph.ts";
import { compileGraph, createBindGroup, destroyCompiled, persistentRange } from "./compiledGraph.ts";
import { captureErrors } from "./device/errorScopes.ts";
import type { WebgpuDevice } from "./device/openDevice.ts";
import { bufferLabel } from "./ledger/roles.ts";
import type { Location } from "./locations.ts";
import { RunQueue } from "./runQueue.ts";
import type { WebgpuParameterStore } from "./store.ts";

/**
 * A program that gives every tensor of the plan's arena a buffer of its own, made just before the node that first
 * writes it and destroyed right after the node that last reads it. Each node is submitted by itself. What the device
 * holds at a node is then the plan's live bytes there.
 */
export class BufferPerTensorProgram implements Program {
  readonly #opened: WebgpuDevice;
  readonly #store: WebgpuParameterStore;
  readonly #compiled: CompiledGraph;
  readonly #alive = new Map<ValueId, GPUBuffer>();
  readonly #runs = new RunQueue();

  static async compile(
    context: CompileContext,
    graph: Graph,
    store: WebgpuParameterStore,
  ): Promise<BufferPerTensorProgram> {
    const compiled = await compileGraph(context, graph, store);
    const program = new BufferPerTensorProgram(context.opened, store, compiled);
    const { scratchBytes } = compiled;
    try {
      await store.arena.reserve(program, { arenaBytes: 0, chunkBytes: 1, scratchBytes });
    } catch (error) {
      await program.dispose();
      throw error;
    }
    return program;
  }

  constructor(opened: WebgpuDevice, store: WebgpuParameterStore, compiled: CompiledGraph) {
    this.#opened = opened;
    this.#store = store;
    this.#compiled = compiled;
  }

  get graph(): Graph {
    return this.#compiled.written;
  }

  run(inputs: ProgramInputs): Promise<ProgramOutputs> {
    return this.#runs.add(() => this.#run(inputs));
  }

  async dispose(): Promise<void> {
    await this.#runs.idle();
    destroyCompiled(this.#compiled);
    this.#store.arena.release(this);
  }

  async #run(inputs: ProgramInputs): Promise<ProgramOutputs> {
    const { written, graph, plan, readback, indexChecks } = this.#compiled;
    const { health } = this.#opened;
    checkInputs(written, inputs);
    checkIndices(indexChecks, inputs);
    health.check();
    const placed = plan.tensors.filter(({ place, bytes }) => place.kind === "arena" && bytes > 0);
    const lastNode = Math.max(0, graph.nodes.length - 1);
    try {
      for (let node = 0; node <= lastNode; node++) {
        for (const tensor of placed) if (tensor.lifetime.first === node) await this.#create(tensor, inputs);
        const doing = `node ${node} (${graph.nodes[node]?.op ?? "outputs alone"})`;
        const { device } = this.#opened;
        await health.guard(captureErrors(device, doing, 0, () => this.#submit(node, node === lastNode)));
        for (const { id, lifetime } of placed) if (lifetime.last === node) this.#destroy(id);
      }
      return await readback.read();
    } finally {
      for (const id of [...this.#alive.keys()]) this.#destroy(id);
    }
  }

  #submit(node: number, isLast: boolean): void {
    const { device } = this.#opened;
    const { dispatches, readback, stateCopies } = this.#compiled;
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (const dispatch of dispatches) {
      if (dispatch.node !== node) continue;
      pass.setPipeline(dispatch.pipeline);
      pass.setBindGroup(0, createBindGroup(device, this.#compiled, dispatch, this.#resolve));
      pass.dispatchWorkgroups(...dispatch.workgroups);
    }
    pass.end();
    if (isLast) {
      readback.encode(encoder, this.#resolve);
      stateCopies.encode(encoder, this.#resolve);
    }
    device.queue.submit([encoder.finish()]);
  }

  async #create({ id, name, role, bytes }: PlannedTensor, inputs: ProgramInputs): Promise<void> {
    const { device } = this.#opened;
    const buffer = await createBuffer(device, bufferLabel(role, name), bytes, TENSOR_USAGE);
    this.#alive.set(id, buffer);
    if (graphValue(this.#compiled.graph, id).source.kind !== "input") return;
    const data = this.#compiled.inputs.data(name, inputs);
    device.queue.writeBuffer(buffer, 0, data.buffer, data.byteOffset, data.byteLength);
  }

  #destroy(id: ValueId): void {
    this.#alive.get(id)?.destroy();
    this.#alive.delete(id);
  }

  readonly #resolve = (location: Location): BufferRange => {
    if (location.kind === "parameter" || location.kind === "constant") {
      return persistentRange(this.#compiled, this.#store, location);
    }
    if (location.kind === "scratch") return this.#store.arena.range(location);
    const buffer = this.#alive.get(location.owner);
    if (buffer === undefined)
      throw new RangeError(`The tensor ${location.owner} is used while it is not alive.`);
    return { buffer, offset: 0, size: location.bytes };
  };
}
