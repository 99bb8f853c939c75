import { describe, expect, it } from "vitest";
import { createRandom } from "../random/generator.ts";
import { opCases } from "../testing/cases/index.ts";
import { gradientMismatches } from "../testing/finiteDifferences.ts";
import {
  caseGraph,
  caseInputs,
  gradientCase,
  gradientOutputName,
  isDifferentiable,
} from "../testing/gradientGraph.ts";
import { interpretGraph } from "../testing/referenceInterpreter.ts";

describe("gradients of single ops, in float64, are finite differences of the op", () => {
  it.each(
    opCases.filter(isDifferentiable).map((opCase) => ({ title: `${opCase.op} ${opCase.name}`, opCase })),
  )("$title", ({ title, opCase }) => {
    const { graph, inputs, differentiated } = gradientCase(opCase);
    const { outputs } = interpretGraph(graph, inputs);
    const forward = caseGraph(opCase);
    const weights = inputs.get("weights") ?? [];
    const point = new Map([...caseInputs(opCase)].map(([name, data]) => [name, Float64Array.from(data)]));
    const mismatches = gradientMismatches(
      (moved) => {
        const output = interpretGraph(forward, moved).outputs.get("output0")?.data ?? new Float64Array();
        return output.reduce((sum, value, index) => sum + value * (weights[index] as number), 0);
      },
      point,
      new Map(differentiated.map((name) => [name, outputs.get(gradientOutputName(name))?.data ?? []])),
      { random: createRandom(3, title), elementSamples: 6, tolerance: 1e-6 },
    );
    expect(mismatches).toEqual([]);
  });
});
