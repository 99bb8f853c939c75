import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Executor, ProgramOutputs } from "../execute/executor.ts";
import type { Graph } from "../graph/graph.ts";
import type { HostArray, HostTensor } from "../graph/spec.ts";
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

/**
 * Runs every op of the registry over every case on an executor: its results, and the gradients that autodiff builds
 * for it, against float64. That those float64 gradients are right is `autodiff/gradients.test.ts`, by finite
 * differences, so an executor that passes here has both.
 */
export function runOpSuite(
  name: string,
  createExecutor: () => Executor | Promise<Executor>,
  tolerances: OpTolerances,
): void {
  describe(name, () => {
    let executor: Executor;
    beforeAll(async () => {
      executor = await createExecutor();
    });
    afterAll(async () => {
      await executor.dispose();
    });
    const toleranceOf = (opCase: OpCase): Tolerance =>
      opCase.tolerance ?? tolerances.byOp?.[opCase.op] ?? tolerances.default;

    for (const op of opNames()) {
      const cases = opCases.filter((opCase) => opCase.op === op);
      describe(op, () => {
        for (const opCase of cases) {
          it(`computes ${opCase.name}`, async () => {
            const graph = caseGraph(opCase);
            const compared = opCase.comparedOutputs?.map((index) => `output${index}`);
            const names = compared ?? graph.outputs.map((output) => output.name);
            await expectReference(executor, graph, caseInputs(opCase), names, toleranceOf(opCase));
          });
          if (!isDifferentiable(opCase)) continue;
          it(`computes the gradient at ${opCase.name}`, async () => {
            const { graph, inputs, differentiated } = gradientCase(opCase);
            const names = differentiated.map(gradientOutputName);
            await expectReference(executor, graph, inputs, names, toleranceOf(opCase));
          });
        }
        it("computes on frozen parameters what it computes on inputs", async () => {
          const opCase = cases.find(({ inputs }) => inputs.some(({ dtype }) => dtype === "f32"));
          if (opCase === undefined) return;
          const graph = withFrozenParameters(caseGraph(opCase));
          await expectReference(executor, graph, caseInputs(opCase), ["output0"], toleranceOf(opCase));
        });
      });
    }
  });
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

async function expectReference(
  executor: Executor,
  graph: Graph,
  leaves: ReadonlyMap<string, HostArray>,
  outputNames: readonly string[],
  tolerance: Tolerance,
): Promise<void> {
  const actual = await runOnce(executor, graph, leaves);
  const expected = interpretGraph(graph, leaves).outputs;
  for (const name of outputNames) {
    const spec = graph.values.find(({ id }) => graph.outputs.some((o) => o.name === name && o.value === id));
    expect(actual[name]?.shape, `shape of ${name}`).toEqual(spec?.shape);
    expect(actual[name]?.dtype, `type of ${name}`).toBe(spec?.dtype);
    const mismatch = describeMismatch(actual[name]?.data ?? [], expected.get(name)?.data ?? [], tolerance);
    expect(mismatch, name).toBeNull();
  }
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
  const program = await executor.compile(graph, await executor.createStore(parameters));
  try {
    return await program.run(inputs);
  } finally {
    await program.dispose();
  }
}
