import { createCpuExecutor } from "@peftbench/runtime";
import { describe, expect, it } from "vitest";
import type { Fault } from "../testing/toyMethod.ts";
import { toyMethod } from "../testing/toyMethod.ts";
import type { ConformanceOptions } from "./check.ts";
import { ConformanceError } from "./check.ts";
import { describeMethodConformance } from "./index.ts";
import { CLASSIFIER_PARAMETERS, encoderShape, smallBert } from "./models.ts";
import { conformanceChecks } from "./suite.ts";

const RANK = 2;
const TOTAL_STEPS = 6;
// Two layers: 16 to 16 in query, 16 to 16 in attention.output.dense, 24 to 16 in output.dense; and the gain.
const UP = 1 + 2 * 3 * 16 * RANK;
const DOWN = 2 * (16 + 16 + 24) * RANK;

const options: ConformanceOptions = {
  config: { rank: RANK },
  dropoutConfig: null,
  totalSteps: TOTAL_STEPS,
  stepZeroTolerance: 0,
  overfit: { learningRate: 0.02, steps: 40, lossFactor: 0.3 },
  savesAsPeft: true,
  counts: [
    {
      name: "the small model",
      model: smallBert,
      config: { rank: RANK },
      totalSteps: TOTAL_STEPS,
      trainable: { initial: UP + DOWN, average: UP + DOWN / 2, final: UP },
      head: 2 * 16 + 2,
    },
    {
      name: "one layer",
      model: encoderShape(
        { layers: 1, hidden: 8, intermediate: 20, heads: 2, vocabulary: 5, positions: 3 },
        CLASSIFIER_PARAMETERS,
      ),
      config: { rank: 1 },
      totalSteps: 3,
      trainable: { initial: 1 + 24 + 36, average: 1 + 24 + 12, final: 1 + 24 },
      head: 18,
    },
  ],
  invalidConfigs: [{ name: "rank 0", config: { rank: 0 }, message: /rank/ }],
};

describeMethodConformance(toyMethod(null), options);

describe("the conformance suite", () => {
  const faults: Readonly<Record<Fault, RegExp>> = {
    "starts away from the model": /as it is before the first step/,
    "merges at another scale": /merged into the model's weights/,
    "mirrors a tensor on its way to PEFT": /comes back from the PEFT format/,
    "counts one too many": /closed formula/,
    "declares what it does not update": /just what it declares/,
    "takes unknown options": /an option that it does not know/,
    "takes rank zero": /configurations that cannot work/,
    "hides a part from its gradient": /differences of the loss/,
    "cannot learn": /one batch by heart/,
    "moves a frozen tensor": /moves what trains and nothing else/,
    "moves a masked column": /its update masks freeze/,
    "counts calls outside the store": /was interrupted/,
    "looks across rows": /micro-batches/,
    "drops out in evaluation": /none in evaluation/,
  };

  for (const [fault, checkName] of Object.entries(faults) as [Fault, RegExp][]) {
    it(`fails a method that ${fault}`, async () => {
      const executor = createCpuExecutor({ threads: 1 });
      const check = conformanceChecks.find(({ name }) => checkName.test(name));
      const run = check?.run({ method: toyMethod(fault), options, executor });
      await expect(run).rejects.toThrow(ConformanceError);
      await executor.dispose();
    });
  }

  it("fails a method that says it can learn nothing beside the head, and trains something", async () => {
    const executor = createCpuExecutor({ threads: 1 });
    const check = conformanceChecks.find(({ name }) => /one batch by heart/.test(name));
    const run = check?.run({ method: toyMethod(null), options: { ...options, overfit: null }, executor });
    await expect(run).rejects.toThrow(/train beside the head/);
    await executor.dispose();
  });

  it("has a fault here for every property", () => {
    const found = conformanceChecks.filter(({ name }) =>
      Object.values(faults).some((pattern) => pattern.test(name)),
    );
    expect(found).toEqual(conformanceChecks);
  });
});
