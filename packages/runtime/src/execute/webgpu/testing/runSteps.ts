import type { Graph } from "../../../graph/graph.ts";
import { leavesOf } from "../../../graph/graph.ts";
import type { HostArray, HostTensor } from "../../../graph/spec.ts";
import { elementCount } from "../../../graph/spec.ts";
import { adamWInputs } from "../../../optim/adamw.ts";
import { noiseKey } from "../../../random/counterHash.ts";
import { createRandom } from "../../../random/generator.ts";
import type { Executor, ProgramOutputs } from "../../executor.ts";

export interface StepResults {
  /** Outputs of each step. */
  readonly outputs: readonly ProgramOutputs[];
  /** Every parameter after the last step. */
  readonly parameters: ReadonlyMap<string, Float32Array>;
}

/** Values for all parameters of a graph: gammas around 1, second moments positive, all else small and normal. */
export function parametersOf(graph: Graph, seed: number): ReadonlyMap<string, HostTensor> {
  return new Map(
    leavesOf(graph, "parameter").map(({ name, shape, dtype }): [string, HostTensor] => {
      const random = createRandom(seed, name);
      const [mean, deviation] = name.includes("gamma") ? [1, 0.1] : [0, 0.2];
      const next = (): number =>
        name.endsWith("Moment") ? 1e-4 * random.uniform() : mean + deviation * random.normal();
      return [name, { shape, dtype, data: Float32Array.from({ length: elementCount(shape) }, next) }];
    }),
  );
}

/** Runs a graph for some steps on inputs that depend on `seed` and the step alone. */
export async function runSteps(
  executor: Executor,
  graph: Graph,
  steps: number,
  seed = 11,
): Promise<StepResults> {
  const store = await executor.createStore(parametersOf(graph, seed));
  const program = await executor.compile(graph, store);
  const outputs: ProgramOutputs[] = [];
  for (let step = 0; step < steps; step++) outputs.push(await program.run(inputsOf(graph, seed, step)));
  const parameters = new Map<string, Float32Array>();
  for (const name of store.names) parameters.set(name, await store.read(name));
  await program.dispose();
  store.release(store.names);
  return { outputs, parameters };
}

export function inputsOf(graph: Graph, seed: number, step: number): Record<string, HostArray> {
  const optimizer = adamWInputs(step, 1e-2, { beta1: 0.9, beta2: 0.999 });
  const random = createRandom(seed, `inputs of step ${step}`);
  return Object.fromEntries(
    leavesOf(graph, "input").map(({ name, shape, dtype }): [string, HostArray] => {
      const known = optimizer[name];
      if (known !== undefined) return [name, known];
      const length = elementCount(shape);
      if (dtype === "u32") return [name, Uint32Array.of(noiseKey(seed, step))];
      if (dtype === "i32") return [name, Int32Array.from({ length }, () => random.integer(2))];
      return [name, Float32Array.from({ length }, () => random.normal())];
    }),
  );
}
