import type { Graph } from "../graph/graph.ts";
import type { HostArray, HostTensor } from "../graph/spec.ts";

/** Host data for the inputs of a program, by name. */
export type ProgramInputs = Readonly<Record<string, HostArray>>;

/** Outputs of a program read back to the host, by name. */
export type ProgramOutputs = Readonly<Record<string, HostTensor>>;

/** The tensors that live across runs, on the executor's device, shared by all programs compiled against them. */
export interface ParameterStore {
  readonly names: readonly string[];
  /** A copy of the present values. */
  read(name: string): Promise<Float32Array>;
  /** Replaces the values. The length must be that of the parameter. */
  write(name: string, values: Float32Array): Promise<void>;
  has(name: string): boolean;
  /** Frees parameters that no further run will use, as optimizer state of what a method has frozen. */
  release(names: readonly string[]): void;
}

/** A graph made ready to run. */
export interface Program {
  readonly graph: Graph;
  /**
   * Runs once, updates the parameters that the graph updates, and gives its outputs.
   * @throws InputError if an input is missing, unknown or of another size or type.
   */
  run(inputs: ProgramInputs): Promise<ProgramOutputs>;
  dispose(): Promise<void>;
}

export interface Executor {
  readonly kind: "cpu" | "webgpu";
  /** What runs the graph, with its version, as results record it. */
  readonly description: string;
  createStore(parameters: ReadonlyMap<string, HostTensor>): Promise<ParameterStore>;
  compile(graph: Graph, store: ParameterStore): Promise<Program>;
  dispose(): Promise<void>;
}
