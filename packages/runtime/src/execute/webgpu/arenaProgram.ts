import type { Graph } from "../../graph/graph.ts";
import { leavesOf } from "../../graph/graph.ts";
import type { Program, ProgramInputs, ProgramOutputs } from "../executor.ts";
import { checkIndices } from "../indexChecks.ts";
import { checkInputs } from "../inputs.ts";
import type { BufferRange } from "./arena.ts";
import type { CompileContext, CompiledGraph } from "./compiledGraph.ts";
import { compileGraph, createBindGroup, destroyCompiled, persistentRange } from "./compiledGraph.ts";
import { captureErrors } from "./device/errorScopes.ts";
import type { WebgpuDevice } from "./device/openDevice.ts";
import type { Location } from "./locations.ts";
import { locate } from "./locations.ts";
import { poisonArena, withPoison } from "./poison.ts";
import { RunQueue } from "./runQueue.ts";
import type { WebgpuParameterStore } from "./store.ts";

/**
 * A program whose tensors are at the plan's offsets of the store's arena. Bind groups are made once; a run writes the
 * inputs, replays one compute pass and copies the outputs out.
 */
export class ArenaProgram implements Program {
  readonly #opened: WebgpuDevice;
  readonly #store: WebgpuParameterStore;
  readonly #compiled: CompiledGraph;
  readonly #inputs: ReadonlyMap<string, Location>;
  readonly #poisonFreed: boolean;
  #bindGroups: readonly GPUBindGroup[] = [];
  #generation = -1;
  readonly #runs = new RunQueue();

  static async compile(
    context: CompileContext,
    graph: Graph,
    store: WebgpuParameterStore,
    poisonFreed: boolean,
  ): Promise<ArenaProgram> {
    const compiled = await compileGraph(context, graph, store, poisonFreed ? withPoison : undefined);
    const program = new ArenaProgram(context.opened, store, compiled, poisonFreed);
    const { arenaBytes, arenaChunkBytes } = compiled.plan;
    try {
      await store.arena.reserve(program, {
        arenaBytes,
        chunkBytes: arenaChunkBytes,
        scratchBytes: compiled.scratchBytes,
      });
      const doing = "the bindings of a program";
      await captureErrors(context.opened.device, doing, 0, () => program.#ensureBindGroups());
    } catch (error) {
      await program.dispose();
      throw error;
    }
    return program;
  }

  constructor(
    opened: WebgpuDevice,
    store: WebgpuParameterStore,
    compiled: CompiledGraph,
    poisonFreed: boolean,
  ) {
    this.#opened = opened;
    this.#store = store;
    this.#compiled = compiled;
    this.#poisonFreed = poisonFreed;
    const { graph, plan } = compiled;
    this.#inputs = new Map(
      leavesOf(graph, "input").map(({ name, id }): [string, Location] => [name, locate(graph, plan, id)]),
    );
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
    const { written, readback, indexChecks } = this.#compiled;
    const { device, health } = this.#opened;
    checkInputs(written, inputs);
    checkIndices(indexChecks, inputs);
    health.check();
    await health.guard(captureErrors(device, "the run of a program", 0, () => this.#submit(inputs)));
    return readback.read();
  }

  #submit(inputs: ProgramInputs): void {
    const { device } = this.#opened;
    const { dispatches, readback, stateCopies } = this.#compiled;
    this.#ensureBindGroups();
    if (this.#poisonFreed) poisonArena(device, this.#store.arena);
    for (const [name, location] of this.#inputs) {
      const { buffer, offset } = this.#resolve(location);
      const data = this.#compiled.inputs.data(name, inputs);
      device.queue.writeBuffer(buffer, offset, data.buffer, data.byteOffset, data.byteLength);
    }
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    let current: GPUComputePipeline | null = null;
    dispatches.forEach(({ pipeline, workgroups }, index) => {
      if (pipeline !== current) pass.setPipeline(pipeline);
      current = pipeline;
      pass.setBindGroup(0, this.#bindGroups[index] as GPUBindGroup);
      pass.dispatchWorkgroups(...workgroups);
    });
    pass.end();
    // Before parameters change: an output is what it was in this run.
    readback.encode(encoder, this.#resolve);
    stateCopies.encode(encoder, this.#resolve);
    device.queue.submit([encoder.finish()]);
  }

  /** Another program may have made the arena grow since. */
  #ensureBindGroups(): void {
    const { generation } = this.#store.arena;
    if (generation === this.#generation) return;
    this.#bindGroups = this.#compiled.dispatches.map((dispatch) =>
      createBindGroup(this.#opened.device, this.#compiled, dispatch, this.#resolve),
    );
    this.#generation = generation;
  }

  readonly #resolve = (location: Location): BufferRange =>
    location.kind === "arena" || location.kind === "scratch"
      ? this.#store.arena.range(location)
      : persistentRange(this.#compiled, this.#store, location);
}
