import type { UpdateContext } from "@peftbench/peft";
import type { GraphBuilder, Tensor } from "@peftbench/runtime";
import { createRandom } from "@peftbench/runtime";
import { describe, expect, it } from "vitest";
import { nextStatistics, statisticNames, tripletScores } from "./importance.ts";
import { evaluate } from "./testing/evaluate.ts";
import { tripletNames } from "./triplets.ts";

const random = createRandom(9, "importance");
const DECAY = { beta1: 0.8, beta2: 0.6 };

function numbers(length: number): readonly number[] {
  return [...Float32Array.from({ length }, () => random.normal())];
}

/** A context whose tensors are constants. */
function contextOf(
  graph: GraphBuilder,
  values: Readonly<Record<"parameter" | "updated" | "gradient", Readonly<Record<string, readonly number[]>>>>,
  shape: readonly number[],
): UpdateContext {
  const reader =
    (kind: keyof typeof values) =>
    (name: string): Tensor =>
      graph.constant(shape, "f32", Float32Array.from(values[kind][name] ?? []));
  const refuse = (): never => {
    throw new Error("not used here");
  };
  return {
    graph,
    parameter: reader("parameter"),
    updated: reader("updated"),
    gradient: reader("gradient"),
    stepInput: refuse,
    store: refuse,
  };
}

describe("nextStatistics", () => {
  it("follows eq. 8 to 10 with the new sensitivity in the uncertainty", async () => {
    const [values, gradients] = [numbers(6), numbers(6)];
    const [sensitivity, uncertainty] = [numbers(6).map(Math.abs), numbers(6).map(Math.abs)];
    const names = statisticNames("w");
    const found = await evaluate((graph) => {
      const context = contextOf(
        graph,
        {
          // The value before the step must play no part.
          parameter: { w: numbers(6), [names.sensitivity]: sensitivity, [names.uncertainty]: uncertainty },
          updated: { w: values },
          gradient: { w: gradients },
        },
        [2, 3],
      );
      const next = nextStatistics(context, "w", DECAY);
      return { ...next };
    });
    values.forEach((value, index) => {
      const now = Math.abs(value * (gradients[index] as number));
      const nextSensitivity = 0.8 * (sensitivity[index] as number) + 0.2 * now;
      const nextUncertainty = 0.6 * (uncertainty[index] as number) + 0.4 * Math.abs(now - nextSensitivity);
      expect(found.get("sensitivity")?.[index]).toBeCloseTo(nextSensitivity, 6);
      expect(found.get("uncertainty")?.[index]).toBeCloseTo(nextUncertainty, 6);
    });
  });
});

describe("tripletScores", () => {
  it("adds to the score of Λ the means over its row of Q and its column of P", async () => {
    const names = tripletNames({ name: "m" });
    // Rank 2, three inputs, four outputs; products of sensitivity and uncertainty.
    const q = [1, 2, 6, 10, 20, 60];
    const p = [1, 2, 3, 4, 5, 6, 7, 8];
    const lambda = [100, 1000];
    const found = await evaluate((graph) => {
      const scores: Readonly<Record<string, Tensor>> = {
        [names.q]: graph.constant([2, 3], "f32", Float32Array.from(q)),
        [names.p]: graph.constant([4, 2], "f32", Float32Array.from(p)),
        [names.lambda]: graph.constant([2, 1], "f32", Float32Array.from(lambda)),
      };
      return { scores: tripletScores(names, (factor) => scores[factor] as Tensor) };
    });
    expect(found.get("scores")).toEqual([100 + 3 + 4, 1000 + 30 + 5]);
  });
});
