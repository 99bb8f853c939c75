import { GraphError, ShapeError } from "../errors.ts";
import type { OpDefinition } from "../ops/op.ts";
import { pruneGraph } from "../passes/prune.ts";
import type {
  ConstantSource,
  Graph,
  GraphNode,
  GraphValue,
  NamedValue,
  ParameterRole,
  Phase,
  StatePair,
  ValueId,
  ValueSource,
} from "./graph.ts";
import type { DType, HostArray, Shape, TensorSpec } from "./spec.ts";
import { elementCount, formatShape, formatSpec, HOST_ARRAYS, sameShape } from "./spec.ts";
import { Tensor } from "./tensor.ts";

export interface ParameterOptions {
  readonly role: ParameterRole;
  readonly trainable: boolean;
}

/** Records ops in the order in which they are called; that order is the order of execution. */
export class GraphBuilder {
  readonly #values: GraphValue[] = [];
  readonly #nodes: GraphNode[] = [];
  readonly #outputs: NamedValue[] = [];
  readonly #states: StatePair[] = [];
  readonly #leaves = new Map<string, Tensor>();
  readonly #handles = new Map<ValueId, Tensor<DType>>();
  readonly #constants = new Map<string, Tensor<DType>>();
  #phase: Phase = "forward";
  #scope: readonly string[] = [];
  #layer: number | null = null;
  #layerCount = 0;
  #nextNoiseSalt = 0;

  /** A tensor that the caller feeds at every run. */
  input<D extends DType>(name: string, shape: Shape, dtype: D): Tensor<D> {
    return this.#leaf(name, { shape, dtype }, { kind: "input" });
  }

  /** A tensor that lives across runs under `name`. Asking twice gives the same tensor; a second shape is refused. */
  parameter(name: string, shape: Shape, options: ParameterOptions): Tensor {
    return this.#leaf(name, { shape, dtype: "f32" }, { kind: "parameter", ...options });
  }

  /** A literal that is part of the graph; equal ones are made once. */
  /** @param data or what makes it: large tables are made where a program needs their values, and never for a plan */
  constant<D extends DType>(shape: Shape, dtype: D, data: HostArray | (() => HostArray)): Tensor<D> {
    if (typeof data === "function") {
      const source = madeWhenRead(() => this.#checked(shape, dtype, data()));
      return this.#addValue({ shape, dtype }, "constant", source) as Tensor<D>;
    }
    this.#checked(shape, dtype, data);
    const key = data.length <= 16 ? `${dtype}${formatShape(shape)}${[...data].map(exactKey).join()}` : null;
    const known = key === null ? undefined : this.#constants.get(key);
    if (known !== undefined) return known as Tensor<D>;
    const tensor = this.#addValue({ shape, dtype }, "constant", { kind: "constant", data }) as Tensor<D>;
    if (key !== null) this.#constants.set(key, tensor);
    return tensor;
  }

  #checked(shape: Shape, dtype: DType, data: HostArray): HostArray {
    if (data.length !== elementCount(shape)) {
      throw new GraphError(`A constant of shape ${formatShape(shape)} was given ${data.length} elements.`);
    }
    const expected = HOST_ARRAYS[dtype];
    if (!(data instanceof expected)) {
      throw new GraphError(
        `A constant of type ${dtype} is an ${expected.name}; ${data.constructor.name} was given.`,
      );
    }
    return data;
  }

  scalar(value: number): Tensor {
    return this.constant([], "f32", Float32Array.of(value));
  }

  /** Adds one node. Prefer the methods of `Tensor`, which call this. */
  apply<A extends object>(
    op: OpDefinition<A>,
    inputs: readonly Tensor<DType>[],
    attributes: A,
  ): Tensor<DType>[] {
    for (const input of inputs) {
      if (input.graph !== this) throw new GraphError(`${op.name}: ${input.name} belongs to another graph.`);
    }
    const specs = op.infer(inputs, attributes);
    const node = this.#nodes.length;
    const outputs = specs.map((spec, output) => {
      const name = `${[...this.#scope, op.name].join(".")}#${node}${output === 0 ? "" : `.${output}`}`;
      return this.#addValue(spec, name, { kind: "node", node, output });
    });
    this.#nodes.push({
      id: node,
      op: op.name,
      inputs: inputs.map((input) => input.id),
      outputs: outputs.map((output) => output.id),
      attributes,
      phase: this.#phase,
      scope: this.#scope.join("."),
      layer: this.#phase === "forward" ? this.#layer : null,
    });
    return outputs;
  }

  /** The value is read back to the host after every run. */
  output(name: string, tensor: Tensor<DType>): void {
    this.#expectOwn(`The output ${name}`, tensor);
    if (this.#outputs.some((output) => output.name === name)) {
      throw new GraphError(`The graph has an output ${name} already.`);
    }
    this.#outputs.push({ name, value: tensor.id });
  }

  /** After a run the parameter `current` takes the value of `next`. */
  updateParameter(current: Tensor, next: Tensor): void {
    this.#expectOwn("The updated parameter", current);
    this.#expectOwn(`The next value of ${current.name}`, next);
    const leaf = this.#values[current.id];
    if (leaf?.source.kind !== "parameter") {
      throw new GraphError(`${current.name} is not a parameter and cannot be updated.`);
    }
    if (!sameShape(current.shape, next.shape) || current.dtype !== next.dtype) {
      throw new GraphError(
        `${current.name} is ${formatSpec(current)}; its next value is ${formatSpec(next)}.`,
      );
    }
    if (this.#states.some((state) => state.input === current.id)) {
      throw new GraphError(`${current.name} is updated twice.`);
    }
    this.#states.push({ name: current.name, input: current.id, output: next.id });
  }

  markGradient(tensor: Tensor, parameterName: string): void {
    const value = this.#values[tensor.id];
    if (value !== undefined && value.source.kind === "node") {
      this.#values[tensor.id] = { ...value, gradientOf: parameterName };
    }
  }

  withPhase<Result>(phase: Phase, build: () => Result): Result {
    const before = this.#phase;
    this.#phase = phase;
    try {
      return build();
    } finally {
      this.#phase = before;
    }
  }

  /** Nodes built inside carry `name` in their scope, which names them in plans and errors. */
  withScope<Result>(name: string, build: () => Result): Result {
    const before = this.#scope;
    this.#scope = [...before, name];
    try {
      return build();
    } finally {
      this.#scope = before;
    }
  }

  /**
   * A scope that is one layer of a deep model: the save policy `layer` keeps what crosses its border and computes the
   * rest of it again in backward. Layers follow one another and never lie within each other.
   */
  withLayer<Result>(name: string, build: () => Result): Result {
    if (this.#layer !== null) {
      throw new GraphError(
        `The layer ${name} is begun within the layer ${this.#scope.join(".")}.`,
        "Use withScope for parts of a layer.",
      );
    }
    this.#layer = this.#layerCount++;
    try {
      return this.withScope(name, build);
    } finally {
      this.#layer = null;
    }
  }

  /** Distinguishes the noise of one op from that of another within a step. */
  takeNoiseSalt(): number {
    return this.#nextNoiseSalt++;
  }

  /** The handle of a value of this graph. */
  tensor(id: ValueId): Tensor<DType> {
    const handle = this.#handles.get(id);
    if (handle === undefined) throw new GraphError(`The graph has no value ${id}.`);
    return handle;
  }

  nodeCount(): number {
    return this.#nodes.length;
  }

  /** A copy of what was built so far, unpruned. */
  snapshot(): Graph {
    return {
      values: [...this.#values],
      nodes: [...this.#nodes],
      outputs: [...this.#outputs],
      states: [...this.#states],
    };
  }

  /** The finished graph, without the nodes that no output and no state needs. */
  finish(): Graph {
    if (this.#outputs.length + this.#states.length === 0) {
      throw new GraphError(
        "The graph has neither outputs nor updated parameters.",
        "Call output() or updateParameter().",
      );
    }
    return pruneGraph(this.snapshot());
  }

  #expectOwn(what: string, tensor: Tensor<DType>): void {
    if (tensor.graph !== this) throw new GraphError(`${what} (${tensor.name}) belongs to another graph.`);
  }

  #leaf<D extends DType>(name: string, spec: { shape: Shape; dtype: D }, source: ValueSource): Tensor<D> {
    if (spec.shape.some((size) => !Number.isInteger(size) || size < 1)) {
      throw new ShapeError(
        name,
        `the shape is ${formatShape(spec.shape)}; every axis needs a whole size of 1 or more.`,
      );
    }
    const known = this.#leaves.get(name) as Tensor<DType> | undefined;
    if (known === undefined) {
      const tensor = this.#addValue(spec, name, source);
      this.#leaves.set(name, tensor as Tensor);
      return tensor as Tensor<D>;
    }
    const before = this.#values[known.id]?.source;
    if (!sameShape(known.shape, spec.shape) || known.dtype !== spec.dtype || !sameSource(before, source)) {
      throw new GraphError(
        `${name} was declared as ${describeLeaf(known, before)}, now as ${describeLeaf(spec, source)}.`,
      );
    }
    return known as Tensor<D>;
  }

  #addValue(spec: TensorSpec, name: string, source: ValueSource): Tensor<DType> {
    const id = this.#values.length;
    this.#values.push({ id, name, shape: spec.shape, dtype: spec.dtype, source, gradientOf: null });
    const tensor = new Tensor<DType>(this, id, name, spec.shape, spec.dtype);
    this.#handles.set(id, tensor);
    return tensor;
  }
}

/** Tells -0 from 0, which have the same text. */
function exactKey(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

function sameSource(a: ValueSource | undefined, b: ValueSource): boolean {
  if (a === undefined || a.kind !== b.kind) return false;
  if (a.kind !== "parameter" || b.kind !== "parameter") return true;
  return a.role === b.role && a.trainable === b.trainable;
}

function describeLeaf(spec: TensorSpec, source: ValueSource | undefined): string {
  const what =
    source?.kind === "parameter" ? `${source.trainable ? "trainable" : "frozen"} ${source.role}` : "input";
  return `${what} ${formatSpec(spec)}`;
}

/** A constant whose values are made when they are first read. */
function madeWhenRead(make: () => HostArray): ConstantSource {
  let made: HostArray | undefined;
  return {
    kind: "constant",
    get data() {
      made ??= make();
      return made;
    },
  };
}
