import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { createCpuExecutor } from "../execute/cpu/executor.ts";
import { GraphBuilder } from "../graph/builder.ts";
import type { Graph } from "../graph/graph.ts";
import { elementCount } from "../graph/spec.ts";
import type { Tensor } from "../graph/tensor.ts";
import { createRandom } from "../random/generator.ts";
import type { ArbitraryProgram } from "../testing/arbitraryProgram.ts";
import { arbitraryProgram, buildProgram } from "../testing/arbitraryProgram.ts";
import { describeMismatch } from "../testing/compare.ts";
import { gradientMismatches } from "../testing/finiteDifferences.ts";
import { runOnce } from "../testing/opChecks.ts";
import { interpretGraph } from "../testing/referenceInterpreter.ts";
import { gradients } from "./gradients.ts";

/** A scalar that every tensor of the program flows into, so that values are read by several nodes. */
function programLoss(
  program: ArbitraryProgram,
  graph: GraphBuilder,
): { loss: Tensor; leaves: readonly Tensor[] } {
  const leaves = program.leafShapes.map((shape, index) => graph.input(`leaf${index}`, shape, "f32"));
  const made = buildProgram(program, leaves);
  const terms = [...leaves, ...made].map((tensor, index) =>
    tensor
      .mul(1 / (1 + index))
      .tanh()
      .mean(),
  );
  return { loss: terms.reduce((sum, term) => sum.add(term)), leaves };
}

function forwardGraph(program: ArbitraryProgram): Graph {
  const graph = new GraphBuilder();
  graph.output("loss", programLoss(program, graph).loss);
  return graph.finish();
}

function gradientGraph(program: ArbitraryProgram): Graph {
  const graph = new GraphBuilder();
  const { loss, leaves } = programLoss(program, graph);
  graph.output("loss", loss);
  for (const [index, gradient] of gradients(loss, leaves).entries()) graph.output(`leaf${index}`, gradient);
  return graph.finish();
}

function drawLeaves(program: ArbitraryProgram): Map<string, Float32Array> {
  const random = createRandom(8, "leaves");
  return new Map(
    program.leafShapes.map((shape, index) => [
      `leaf${index}`,
      Float32Array.from({ length: elementCount(shape) }, () => random.normal()),
    ]),
  );
}

describe("gradients of random programs", () => {
  const executor = createCpuExecutor({ threads: 1 });
  afterAll(async () => executor.dispose());

  it("are finite differences of the program, in float64", () => {
    fc.assert(
      fc.property(arbitraryProgram(14), (program) => {
        const inputs = drawLeaves(program);
        const { outputs } = interpretGraph(gradientGraph(program), inputs);
        const forward = forwardGraph(program);
        const names = [...inputs.keys()];
        const mismatches = gradientMismatches(
          (point) => interpretGraph(forward, point).outputs.get("loss")?.data[0] as number,
          new Map([...inputs].map(([name, data]) => [name, Float64Array.from(data)])),
          new Map(names.map((name) => [name, outputs.get(name)?.data ?? []])),
          { random: createRandom(9, "directions"), elementSamples: 4, tolerance: 1e-6 },
        );
        expect(mismatches).toEqual([]);
      }),
      { seed: 20, numRuns: 120 },
    );
  });

  it("are on the CPU executor what they are in float64", async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryProgram(14), async (program) => {
        const [graph, inputs] = [gradientGraph(program), drawLeaves(program)];
        const actual = await runOnce(executor, graph, inputs);
        for (const [name, { data }] of interpretGraph(graph, inputs).outputs) {
          const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
          const tolerance = { relative: 1e-4, absolute: 1e-5 * largest };
          expect(describeMismatch(actual[name]?.data ?? [], data, tolerance), name).toBeNull();
        }
      }),
      { seed: 21, numRuns: 250 },
    );
  });
});
