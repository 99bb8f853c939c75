import type { Executor, ProgramOutputs } from "../execute/executor.ts";
import type { Graph } from "../graph/graph.ts";
import { graphValue } from "../graph/graph.ts";
import type { HostArray, HostTensor } from "../graph/spec.ts";
import { formatSpec } from "../graph/spec.ts";
import { opNames } from "../ops/registry.ts";
import type { OpCase, Tolerance } from "./cases/case.ts";
import { opCases } from "./cases/index.ts";
import { describeMismatch } from "./compare.ts";
import {
  caseGraph,
  caseInputs,
  gradientCase,
  gradientOutputName,
  isDifferentiable,
} from "./gradientGraph.ts";
import { interpretGraph } from "./referenceInterpreter.ts";

export interface OpTolerances {
  readonly default: Tolerance;
  /** Where one op needs more room than the others; say why beside it. */
  readonly byOp?: Readonly<Record<string, Tolerance>>;
}

/** What f32 arithmetic in any order of summation stays within. */
export const f32Tolerances: OpTolerances = {
  default: { relative: 1e-5, absolute: 1e-6 },
  byOp: {
    // Sums of up to 300 products of size 1 that may cancel: f32 rounding of the terms, not of the sum.
    matmul: { relative: 1e-5, absolute: 1e-5 },
  },
};

/** One comparison of an executor with float64. */
export interface OpCheck {
  readonly op: string;
  /** Unique among the checks of the op. */
  readonly name: string;
  /** What is wrong, null if nothing is. Rejects where the executor does. */
  run(executor: Executor): Promise<string | null>;
}

/**
 * Every op of the registry over every case: its results, and the gradients that autodiff builds for it, against
 * float64. That those float64 gradients are right is `autodiff/gradients.test.ts`, by finite differences, so an
 * executor that passes here has both.
 */
export function opChecks(tolerances: OpTolerances = f32Tolerances): readonly OpCheck[] {
  return opNames().flatMap((op) => {
    const cases = opCases.filter((opCase) => opCase.op === op);
    const toleranceOf = (opCase: OpCase): Tolerance =>
      opCase.tolerance ?? tolerances.byOp?.[op] ?? tolerances.default;
    return [
      ...cases.flatMap((opCase) => checksOfCase(opCase, toleranceOf(opCase))),
      ...frozenCheck(cases, toleranceOf),
    ];
  });
}

function checksOfCase(opCase: OpCase, tolerance: Tolerance): readonly OpCheck[] {
  const { op, name } = opCase;
  const values: OpCheck = {
    op,
    name: `computes ${name}`,
    run: async (executor) => {
      const graph = caseGraph(opCase);
      const compared = opCase.comparedOutputs?.map((index) => `output${index}`);
      const names = compared ?? graph.outputs.map((output) => output.name);
      return compareWithReference(executor, graph, caseInputs(opCase), names, tolerance);
    },
  };
  if (!isDifferentiable(opCase)) return [values];
  const gradient: OpCheck = {
    op,
    name: `computes the gradient at ${name}`,
    run: async (executor) => {
      const { graph, inputs, differentiated } = gradientCase(opCase);
      return compareWithReference(executor, graph, inputs, differentiated.map(gradientOutputName), tolerance);
    },
  };
  return [values, gradient];
}

function frozenCheck(
  cases: readonly OpCase[],
  toleranceOf: (opCase: OpCase) => Tolerance,
): readonly OpCheck[] {
  const opCase = cases.find(({ inputs }) => inputs.some(({ dtype }) => dtype === "f32"));
  if (opCase === undefined) return [];
  const run = async (executor: Executor): Promise<string | null> => {
    const graph = withFrozenParameters(caseGraph(opCase));
    return compareWithReference(executor, graph, caseInputs(opCase), ["output0"], toleranceOf(opCase));
  };
  return [{ op: opCase.op, name: "computes on frozen parameters what it computes on inputs", run }];
}

/** The graph with its f32 inputs declared as frozen parameters, which an executor may bake in or pack. */
function withFrozenParameters(graph: Graph): Graph {
  return {
    ...graph,
    values: graph.values.map((value) =>
      value.source.kind === "input" && value.dtype === "f32"
        ? { ...value, source: { kind: "parameter", role: "baseWeight", trainable: false } }
        : value,
    ),
  };
}

async function compareWithReference(
  executor: Executor,
  graph: Graph,
  leaves: ReadonlyMap<string, HostArray>,
  outputNames: readonly string[],
  tolerance: Tolerance,
): Promise<string | null> {
  const actual = await runOnce(executor, graph, leaves);
  const expected = interpretGraph(graph, leaves).outputs;
  for (const { name, value } of graph.outputs) {
    if (!outputNames.includes(name)) continue;
    const made = actual[name];
    const spec = formatSpec(graphValue(graph, value));
    if (made === undefined) return `${name} is missing`;
    if (formatSpec(made) !== spec) return `${name} is ${formatSpec(made)}, expected ${spec}`;
    const mismatch = describeMismatch(made.data, expected.get(name)?.data ?? [], tolerance);
    if (mismatch !== null) return `${name}: ${mismatch}`;
  }
  return null;
}

/** Compiles a graph, runs it once on `leaves` (inputs and parameters by name) and disposes of it. */
export async function runOnce(
  executor: Executor,
  graph: Graph,
  leaves: ReadonlyMap<string, HostArray>,
): Promise<ProgramOutputs> {
  const parameters = new Map<string, HostTensor>();
  const inputs: Record<string, HostArray> = {};
  for (const { name, shape, dtype, source } of graph.values) {
    const data = leaves.get(name);
    if (data === undefined) continue;
    if (source.kind === "parameter") parameters.set(name, { shape, dtype, data });
    if (source.kind === "input") inputs[name] = data;
  }
  const store = await executor.createStore(parameters);
  try {
    const program = await executor.compile(graph, store);
    try {
      return await program.run(inputs);
    } finally {
      await program.dispose();
    }
  } finally {
    store.release(store.names);
  }
}
