import * as ort from "onnxruntime-node";
import { GraphError, InputError } from "../../errors.ts";
import type { Graph, GraphNode, ValueId } from "../../graph/graph.ts";
import { graphValue, leavesOf } from "../../graph/graph.ts";
import type { HostArray, HostTensor } from "../../graph/spec.ts";
import { allocateHostArray, byteSize, formatSpec, sameShape } from "../../graph/spec.ts";
import { opNamed } from "../../ops/registry.ts";
import type { Executor, ParameterStore, Program, ProgramInputs, ProgramOutputs } from "../executor.ts";
import type { IndexCheck } from "../indexChecks.ts";
import { checkIndices, indexChecks } from "../indexChecks.ts";
import { checkInputs } from "../inputs.ts";
import { inPlaceUpdates } from "./inPlace.ts";
import { lowerSegment, onnxName } from "./lowerSegment.ts";
import { cutSegments } from "./segments.ts";
import { closeSession, openSession, runSession } from "./session.ts";
import { CpuParameterStore } from "./store.ts";

export interface CpuExecutorOptions {
  /** Threads inside an op; by default ONNX Runtime chooses (one a core). */
  readonly threads?: number | null;
  /** Every program writes ONNX Runtime's profile to a file that begins with this, when it is disposed of. */
  readonly profilePrefix?: string | null;
}

/** Executes graphs on the CPU: ONNX Runtime for all but the optimizer, which runs in JavaScript in place. */
export function createCpuExecutor(options: CpuExecutorOptions = {}): Executor {
  const sessionOptions = { threads: options.threads ?? null, profilePrefix: options.profilePrefix ?? null };
  return {
    kind: "cpu",
    description: `onnxruntime-node ${ort.env.versions.node ?? "of unknown version"}`,
    createStore: async (parameters) => new CpuParameterStore(parameters),
    compile: async (graph, store) => {
      if (!(store instanceof CpuParameterStore))
        throw new GraphError("The parameters live on another executor.");
      checkParameters(graph, store);
      return CpuProgram.compile(graph, store, sessionOptions);
    },
    dispose: async () => {},
  };
}

interface OnnxStep {
  readonly kind: "onnx";
  readonly nodes: readonly GraphNode[];
  readonly session: ort.InferenceSession;
  readonly feeds: readonly ValueId[];
  readonly results: readonly ValueId[];
  readonly resultBytes: number;
}

interface HostStep {
  readonly kind: "host";
  readonly nodes: readonly GraphNode[];
}

class CpuProgram implements Program {
  readonly graph: Graph;
  readonly #store: CpuParameterStore;
  readonly #steps: readonly (OnnxStep | HostStep)[];
  /** Results that are written straight into a parameter's array, with that parameter's name. */
  readonly #inPlace: ReadonlyMap<ValueId, string>;
  readonly #indexChecks: readonly IndexCheck[];
  readonly #profiled: boolean;
  readonly #parameterFeeds = new Map<string, { readonly data: HostArray; readonly tensor: ort.Tensor }>();

  static async compile(
    graph: Graph,
    store: CpuParameterStore,
    options: { readonly threads: number | null; readonly profilePrefix: string | null },
  ): Promise<CpuProgram> {
    const checks = indexChecks(graph);
    const steps: (OnnxStep | HostStep)[] = [];
    for (const segment of cutSegments(graph)) {
      if (segment.kind === "host") {
        steps.push({ kind: "host", nodes: segment.nodes });
        continue;
      }
      const { model, feeds } = lowerSegment(graph, segment, (name) => store.tensor(name));
      const resultBytes = segment.results.reduce((total, id) => total + byteSize(graphValue(graph, id)), 0);
      const session = await openSession(model, options);
      steps.push({
        kind: "onnx",
        nodes: segment.nodes,
        session,
        feeds,
        results: segment.results,
        resultBytes,
      });
    }
    return new CpuProgram(graph, store, steps, checks, options.profilePrefix !== null);
  }

  constructor(
    graph: Graph,
    store: CpuParameterStore,
    steps: readonly (OnnxStep | HostStep)[],
    checks: readonly IndexCheck[],
    profiled: boolean,
  ) {
    this.graph = graph;
    this.#indexChecks = checks;
    this.#profiled = profiled;
    this.#store = store;
    this.#steps = steps;
    this.#inPlace = inPlaceUpdates(
      graph,
      steps.flatMap((step) => step.nodes),
    );
  }

  async run(inputs: ProgramInputs): Promise<ProgramOutputs> {
    checkInputs(this.graph, inputs);
    checkIndices(this.#indexChecks, inputs);
    const computed = new Map<ValueId, HostTensor>();
    for (const step of this.#steps) {
      if (step.kind === "onnx") await this.#runOnnx(step, inputs, computed);
      else for (const node of step.nodes) this.#runHost(node, inputs, computed);
    }
    const outputs = this.graph.outputs.map(({ name, value }): [string, HostTensor] => [
      name,
      this.#readBack(value, inputs, computed),
    ]);
    this.#writeStates(inputs, computed);
    return Object.fromEntries(outputs);
  }

  async dispose(): Promise<void> {
    for (const step of this.#steps)
      if (step.kind === "onnx") await closeSession(step.session, this.#profiled);
  }

  /** The value as it is before the parameters change, in an array that the next run does not touch. */
  #readBack(id: ValueId, inputs: ProgramInputs, computed: ReadonlyMap<ValueId, HostTensor>): HostTensor {
    const tensor = this.#read(id, inputs, computed);
    const isFresh = graphValue(this.graph, id).source.kind === "node" && !this.#inPlace.has(id);
    return isFresh ? tensor : { ...tensor, data: tensor.data.slice() };
  }

  #writeStates(inputs: ProgramInputs, computed: ReadonlyMap<ValueId, HostTensor>): void {
    const next = this.graph.states.map(({ name, output }) => {
      const { data } = this.#read(output, inputs, computed);
      // A next value that is itself a parameter is copied first, since that parameter may change in this very loop.
      const isLeaf = graphValue(this.graph, output).source.kind === "parameter";
      return { name, data: isLeaf ? data.slice() : data };
    });
    for (const { name, data } of next) {
      const current = this.#store.writable(name).data;
      if (data !== current) current.set(data as never);
    }
  }

  async #runOnnx(step: OnnxStep, inputs: ProgramInputs, computed: Map<ValueId, HostTensor>): Promise<void> {
    const feeds: Record<string, ort.Tensor> = {};
    for (const id of step.feeds) feeds[onnxName(id)] = this.#feed(id, inputs, computed);
    const results = await runSession(step.session, feeds, step.resultBytes);
    for (const id of step.results) {
      const { shape, dtype } = graphValue(this.graph, id);
      const data = results[onnxName(id)]?.data as HostArray;
      computed.set(id, { shape, dtype, data });
    }
  }

  #runHost(node: GraphNode, inputs: ProgramInputs, computed: Map<ValueId, HostTensor>): void {
    const read = node.inputs.map((id) => this.#read(id, inputs, computed));
    const outputs = node.outputs.map((id): HostTensor => {
      const { shape, dtype } = graphValue(this.graph, id);
      const parameter = this.#inPlace.get(id);
      const data =
        parameter === undefined ? allocateHostArray({ shape, dtype }) : this.#store.writable(parameter).data;
      return { shape, dtype, data };
    });
    opNamed(node.op).host?.({ inputs: read, outputs, attributes: node.attributes });
    node.outputs.forEach((id, index) => {
      computed.set(id, outputs[index] as HostTensor);
    });
  }

  #feed(id: ValueId, inputs: ProgramInputs, computed: ReadonlyMap<ValueId, HostTensor>): ort.Tensor {
    const value = graphValue(this.graph, id);
    const { data } = this.#read(id, inputs, computed);
    if (value.source.kind !== "parameter") return toOrtTensor(data, value.shape);
    const known = this.#parameterFeeds.get(value.name);
    if (known?.data === data) return known.tensor;
    const tensor = toOrtTensor(data, value.shape);
    this.#parameterFeeds.set(value.name, { data, tensor });
    return tensor;
  }

  #read(id: ValueId, inputs: ProgramInputs, computed: ReadonlyMap<ValueId, HostTensor>): HostTensor {
    const value = graphValue(this.graph, id);
    const { source, shape, dtype } = value;
    switch (source.kind) {
      case "node": {
        const tensor = computed.get(id);
        if (tensor === undefined) throw new GraphError(`${value.name} is read before it is made.`);
        return tensor;
      }
      case "parameter":
        return this.#store.tensor(value.name);
      case "constant":
        return { shape, dtype, data: source.data };
      case "input":
        return { shape, dtype, data: inputs[value.name] as HostArray };
    }
  }
}

function toOrtTensor(data: HostArray, shape: readonly number[]): ort.Tensor {
  if (data instanceof Float32Array) return new ort.Tensor("float32", data, shape);
  if (data instanceof Int32Array) return new ort.Tensor("int32", data, shape);
  if (data instanceof Uint32Array) return new ort.Tensor("uint32", data, shape);
  throw new InputError("f16 tensors are for WebGPU; the CPU executor computes in f32.");
}

function checkParameters(graph: Graph, store: ParameterStore & CpuParameterStore): void {
  for (const value of leavesOf(graph, "parameter")) {
    const tensor = store.tensor(value.name);
    if (!sameShape(tensor.shape, value.shape) || tensor.dtype !== value.dtype) {
      throw new InputError(
        `${value.name} is stored as ${formatSpec(tensor)}, the graph needs ${formatSpec(value)}.`,
      );
    }
  }
}
