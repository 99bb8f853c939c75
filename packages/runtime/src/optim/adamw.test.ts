import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createCpuExecutor } from "../execute/cpu/executor.ts";
import type { Executor, ParameterStore } from "../execute/executor.ts";
import { GraphBuilder } from "../graph/builder.ts";
import type { HostTensor, Shape } from "../graph/spec.ts";
import { elementCount } from "../graph/spec.ts";
import { describeMismatch } from "../testing/compare.ts";
import type { AdamWOptions } from "./adamw.ts";
import { adamWInputs, momentNames } from "./adamw.ts";
import { addOptimizerStep, addOptimizerUpdate } from "./optimizer.ts";

interface AdamWFixture {
  readonly name: string;
  readonly shapes: readonly Shape[];
  readonly options: AdamWOptions;
  readonly initial: readonly (readonly number[])[];
  readonly steps: readonly {
    readonly learningRate: number;
    readonly gradients: readonly (readonly number[])[];
    readonly gradientNorm: number;
  }[];
  readonly final: readonly (readonly number[])[];
  readonly finalFirstMoment: readonly (readonly number[])[];
  readonly finalSecondMoment: readonly (readonly number[])[];
}

const fixtures = (
  JSON.parse(readFileSync(new URL("../../fixtures/optimizer.json", import.meta.url), "utf8")) as {
    readonly adamw: readonly AdamWFixture[];
  }
).adamw;

const ADAMW: AdamWOptions = {
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0.1,
  maxGradientNorm: 1,
};

/** A store of the parameter `name` and of its moments, which start at zero. */
function withMoments(
  entries: readonly { readonly name: string; readonly shape: Shape; readonly data: readonly number[] }[],
): ReadonlyMap<string, HostTensor> {
  return new Map(
    entries.flatMap(({ name, shape, data }): [string, HostTensor][] => {
      const zeros = (): HostTensor => ({ shape, dtype: "f32", data: new Float32Array(elementCount(shape)) });
      return [
        [name, { shape, dtype: "f32", data: Float32Array.from(data) }],
        [momentNames(name).first, zeros()],
        [momentNames(name).second, zeros()],
      ];
    }),
  );
}

describe("AdamW with clipping", () => {
  it.each(fixtures)("ends after $steps.length steps where PyTorch does: $name", async (fixture) => {
    const graph = new GraphBuilder();
    const names = fixture.shapes.map((_, index) => `w${index}`);
    const trainable = fixture.shapes.map((shape, index) => ({
      tensor: graph.parameter(`w${index}`, shape, { role: "adapterWeight", trainable: true }),
    }));
    const gradients = fixture.shapes.map((shape, index) => graph.input(`gradient${index}`, shape, "f32"));
    addOptimizerUpdate(graph, trainable, gradients, fixture.options);
    const executor = createCpuExecutor({ threads: 1 });
    const store = await executor.createStore(
      withMoments(
        fixture.shapes.map((shape, index) => ({
          name: `w${index}`,
          shape,
          data: fixture.initial[index] as readonly number[],
        })),
      ),
    );
    const program = await executor.compile(graph.finish(), store);
    for (const [step, { learningRate, gradients: values, gradientNorm }] of fixture.steps.entries()) {
      const outputs = await program.run({
        ...Object.fromEntries(values.map((value, index) => [`gradient${index}`, Float32Array.from(value)])),
        ...adamWInputs(step, learningRate, fixture.options),
      });
      expect(outputs.gradientNorm?.data[0]).toBeCloseTo(gradientNorm, 4);
      expect(outputs.stepTaken?.data[0]).toBe(1);
    }
    const close = { relative: 2e-5, absolute: 2e-7 };
    for (const [index, name] of names.entries()) {
      const read = async (key: string): Promise<Float32Array> => store.read(key);
      const { first, second } = momentNames(name);
      expect(describeMismatch(await read(name), fixture.final[index] ?? [], close), name).toBeNull();
      expect(describeMismatch(await read(first), fixture.finalFirstMoment[index] ?? [], close)).toBeNull();
      expect(describeMismatch(await read(second), fixture.finalSecondMoment[index] ?? [], close)).toBeNull();
    }
    await program.dispose();
  });
});

interface Training {
  readonly store: ParameterStore;
  run(target: number, step: number): Promise<{ stepTaken: number; gradientNorm: number; loss: number }>;
}

/** One scalar parameter w, at 2, and the loss `x w`, whose gradient is x: any gradient can be fed. */
async function linearLoss(
  executor: Executor,
  options: AdamWOptions,
  group: { readonly learningRateScale?: number; readonly weightDecay?: number } = {},
): Promise<Training> {
  const graph = new GraphBuilder();
  const w = graph.parameter("w", [], { role: "head", trainable: true });
  const loss = w.mul(graph.input("x", [], "f32"));
  graph.output("loss", loss);
  addOptimizerStep(graph, loss, [{ tensor: w, ...group }], options);
  const store = await executor.createStore(withMoments([{ name: "w", shape: [], data: [2] }]));
  const program = await executor.compile(graph.finish(), store);
  return {
    store,
    run: async (x, step) => {
      const outputs = await program.run({ x: Float32Array.of(x), ...adamWInputs(step, 0.1, options) });
      const number = (name: string): number => outputs[name]?.data[0] as number;
      return { stepTaken: number("stepTaken"), gradientNorm: number("gradientNorm"), loss: number("loss") };
    },
  };
}

describe("one AdamW step", () => {
  const executor = createCpuExecutor({ threads: 1 });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    "leaves everything as it is where a gradient is %s, says so, and goes on afterwards",
    async (bad) => {
      for (const maxGradientNorm of [1, null]) {
        const { store, run } = await linearLoss(executor, { ...ADAMW, maxGradientNorm });
        await run(0.5, 0);
        const read = async (): Promise<number[]> =>
          Promise.all(store.names.map(async (name) => (await store.read(name))[0] as number));
        const before = await read();
        expect((await run(bad, 1)).stepTaken).toBe(0);
        expect(await read()).toEqual(before);
        expect((await run(0.5, 2)).stepTaken).toBe(1);
        expect(await read()).not.toEqual(before);
      }
    },
  );

  it("moves the first time by the learning rate against the gradient's sign, after the decay", async () => {
    const { store, run } = await linearLoss(executor, { ...ADAMW, maxGradientNorm: null });
    const { loss, gradientNorm } = await run(-3, 0);
    expect(loss).toBe(-6);
    expect(gradientNorm).toBe(3);
    expect((await store.read("w"))[0]).toBeCloseTo(2 * (1 - 0.1 * 0.1) + 0.1, 6);
  });

  it("takes a group's own learning rate and weight decay", async () => {
    const options = { ...ADAMW, maxGradientNorm: null };
    const { store, run } = await linearLoss(executor, options, { learningRateScale: 4, weightDecay: 0 });
    await run(-3, 0);
    expect((await store.read("w"))[0]).toBeCloseTo(2 + 0.4, 6);
  });

  it("reports the norm before clipping and leaves small gradients alone", async () => {
    const { store, run } = await linearLoss(executor, { ...ADAMW, weightDecay: 0 });
    expect((await run(300, 0)).gradientNorm).toBe(300);
    const clipped = (await store.read(momentNames("w").first))[0] as number;
    expect(clipped).toBeCloseTo(0.1 * (300 / (300 + 1e-6)), 6);
    const other = await linearLoss(executor, { ...ADAMW, weightDecay: 0 });
    await other.run(0.25, 0);
    expect((await other.store.read(momentNames("w").first))[0]).toBeCloseTo(0.025, 7);
  });
});
