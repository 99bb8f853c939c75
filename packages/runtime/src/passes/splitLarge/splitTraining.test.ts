import { afterAll, describe, expect, it } from "vitest";
import { createCpuExecutor } from "../../execute/cpu/executor.ts";
import type { ProgramInputs } from "../../execute/executor.ts";
import type { Graph } from "../../graph/graph.ts";
import { graphValue, leavesOf } from "../../graph/graph.ts";
import type { HostArray, HostTensor } from "../../graph/spec.ts";
import { planMemory } from "../../plan/memoryPlan.ts";
import { validatePlan } from "../../plan/validate.ts";
import { describeMismatch } from "../../testing/compare.ts";
import { profileShowing, splitLeaves, valuesAbove } from "../../testing/splitGraph.ts";
import type { SavePolicy } from "../savePolicy.ts";
import { applySavePolicy } from "../savePolicy.ts";
import { splitLargeTensors } from "./splitLargeTensors.ts";
import { tensorWindows } from "./tensorWindows.ts";
import { languageModelInputs, languageModelParameters, languageModelStep, trainings } from "./testGraphs.ts";

const STEPS = 3;
/** Elements a binding. With 200 table, hidden tensors and logits are too large, with 100 activations too. */
const LIMITS = [200, 100] as const;
/** f32 sums in another order, over three updates. */
const TOLERANCE = { relative: 2e-6, absolute: 2e-6 };

const executor = createCpuExecutor();

afterAll(() => executor.dispose());

interface Trained {
  readonly losses: readonly number[];
  readonly parameters: ReadonlyMap<string, Float32Array>;
}

async function train(
  graph: Graph,
  parameters: ReadonlyMap<string, HostArray>,
  inputsOf: (step: number) => ProgramInputs,
): Promise<Trained> {
  const tensors = leavesOf(graph, "parameter").map(({ name, shape, dtype }): [string, HostTensor] => [
    name,
    { shape, dtype, data: parameters.get(name) as HostArray },
  ]);
  const store = await executor.createStore(new Map(tensors));
  const program = await executor.compile(graph, store);
  const losses: number[] = [];
  for (let step = 0; step < STEPS; step++) {
    const { loss } = await program.run(inputsOf(step));
    losses.push(loss?.data[0] as number);
  }
  const after = new Map<string, Float32Array>();
  for (const name of store.names) after.set(name, await store.read(name));
  await program.dispose();
  return { losses, parameters: after };
}

const policies: readonly SavePolicy[] = ["eager", "recompute"];
const cases = trainings.flatMap((training) =>
  policies.flatMap((policy) => LIMITS.map((limit) => ({ training, policy, limit }))),
);

describe("training steps in windows", () => {
  it.each(cases)(
    "train as unsplit ones do ($training, $policy, $limit)",
    async ({ training, policy, limit }) => {
      const graph = applySavePolicy(languageModelStep(training), policy);
      const profile = profileShowing(limit);
      const split = splitLargeTensors(graph, profile);
      expect(valuesAbove(graph, profile).length).toBeGreaterThan(3);
      expect(valuesAbove(split, profile)).toEqual([]);

      const parameters = languageModelParameters(graph);
      const whole = await train(graph, parameters, (step) => languageModelInputs(graph, step));
      const parts = await train(split, splitLeaves(graph, parameters, profile), (step) => {
        const inputs = new Map(Object.entries(languageModelInputs(graph, step)));
        return Object.fromEntries(splitLeaves(graph, inputs, profile));
      });
      expect(describeMismatch(parts.losses, whole.losses, TOLERANCE)).toBeNull();
      for (const value of leavesOf(graph, "parameter")) {
        const expected = whole.parameters.get(value.name) as Float32Array;
        for (const { name, firstElement, elements } of tensorWindows(value.name, value, profile)) {
          const wanted = expected.subarray(firstElement, firstElement + elements);
          expect(describeMismatch(parts.parameters.get(name) ?? [], wanted, TOLERANCE), name).toBeNull();
        }
      }
    },
  );

  it.each(cases)("have valid plans ($training, $policy, $limit)", ({ training, policy, limit }) => {
    const profile = profileShowing(limit);
    const split = splitLargeTensors(applySavePolicy(languageModelStep(training), policy), profile);
    expect(validatePlan(split, planMemory(split, profile))).toEqual([]);
  });

  it("write the windows of parameters and moments in place", () => {
    const profile = profileShowing(200);
    const split = splitLargeTensors(languageModelStep("full"), profile);
    const { tensors } = planMemory(split, profile);
    const words = split.states.filter(({ name }) => name.startsWith("words"));
    expect(words.map(({ name }) => name).toSorted()).toEqual(
      ["words", "words::firstMoment", "words::secondMoment"]
        .flatMap((name) => ["[0:15]", "[15:30]", "[30:45]", "[45:61]"].map((window) => name + window))
        .toSorted(),
    );
    for (const { input, output } of words) {
      expect(tensors[output]?.place).toEqual({ kind: "shared", with: input });
    }
  });

  it("need little more memory than unsplit ones", () => {
    const graph = languageModelStep("full");
    const profile = profileShowing(200);
    const whole = planMemory(graph, profile).peakLiveBytes;
    const split = planMemory(splitLargeTensors(graph, profile), profile).peakLiveBytes;
    expect(split).toBeLessThan(1.1 * whole);
  });

  it("leave a graph alone whose tensors all fit", () => {
    const graph = languageModelStep("full");
    const largest = Math.max(...graph.values.map(({ shape }) => shape.reduce((a, b) => a * b, 1)));
    expect(splitLargeTensors(graph, profileShowing(largest))).toBe(graph);
  });

  it("name the op and the tensor that cannot be split", () => {
    const graph = languageModelStep("full");
    const logits = graph.outputs.find(({ name }) => name === "logits");
    const { name } = graphValue(graph, logits?.value ?? -1);
    expect(() => splitLargeTensors(graph, profileShowing(50))).toThrow(
      expect.objectContaining({
        name: "CannotSplitError",
        op: "crossEntropy",
        tensor: name,
        limitBytes: 200,
      }),
    );
  });
});
