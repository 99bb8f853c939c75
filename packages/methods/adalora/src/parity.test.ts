import { fileURLToPath } from "node:url";
import { describeAdapterParity, describeTrainingParity } from "@peftbench/peft/conformance";
import { readJsonLines, readTensors, readTrainingJob, replayJob } from "@peftbench/peft/parity";
import { createCpuExecutor } from "@peftbench/runtime";
import { beforeAll, describe, expect, it } from "vitest";
import { statisticNames } from "./importance.ts";
import { adalora } from "./index.ts";

const fixture = (path: string): string => fileURLToPath(new URL(`../fixtures/${path}`, import.meta.url));
const createExecutor = () => createCpuExecutor({ threads: 1 });
const RANK = 4;
const FINAL_STEPS = 8;
const config = {
  initialRank: RANK,
  targetRank: 2,
  alpha: 8,
  targetModules: ["query", "key", "value", "dense"],
  warmupSteps: 3,
  finalSteps: FINAL_STEPS,
  interval: 2,
};
/** Relative, of a triplet's score. */
const SCORE_TOLERANCE = 1e-3;

describeTrainingParity(adalora, {
  createExecutor,
  config,
  jobFolder: fixture("training"),
  withoutInfluence: null,
});

describe("adalora beside peft, triplet by triplet", () => {
  let modules: readonly string[];
  let steps: readonly { readonly step: number; readonly budget: number; readonly masks: boolean }[];
  /** By step, all modules' triplets after each other. */
  let expected: { readonly scores: readonly number[]; readonly kept: readonly number[] }[];
  const found: { readonly scores: readonly number[]; readonly kept: readonly number[] }[] = [];

  beforeAll(async () => {
    const importance = await readTensors(fixture("training/expected/importance.safetensors"));
    modules = [...importance.keys()]
      .filter((name) => name.endsWith(".kept"))
      .map((name) => name.slice(0, -".kept".length));
    steps = await readJsonLines(fixture("training/expected/losses.jsonl"));
    const row = (what: string, step: number): readonly number[] =>
      modules.flatMap((name) => [
        ...(importance.get(`${name}.${what}`) as Float32Array).subarray(step * RANK, (step + 1) * RANK),
      ]);
    expected = steps.map(({ step }) => ({ scores: row("scores", step), kept: row("kept", step) }));

    const job = await readTrainingJob(fixture("training"));
    const executor = createExecutor();
    await replayJob(job, {
      executor,
      method: adalora,
      config,
      savePolicy: "eager",
      afterStep: async (step, read) => {
        const lambdas = await Promise.all(modules.map((module) => read(`${module}.lora_E`)));
        const isMeasured = step <= steps.length - FINAL_STEPS;
        const scores = isMeasured
          ? (await Promise.all(modules.map((module) => scoresOf(module, read)))).flat()
          : [];
        found.push({ scores, kept: lambdas.flatMap((lambda) => [...lambda].map((x) => (x === 0 ? 0 : 1))) });
      },
    });
    await executor.dispose();
  });

  it("measures the same importance at every step", () => {
    let worst = 0;
    for (const { step } of steps.slice(0, steps.length - FINAL_STEPS + 1)) {
      expected[step]?.scores.forEach((score, triplet) => {
        const own = found[step]?.scores[triplet] ?? Number.NaN;
        // At step 0, at which the learning rate is 0, scores of Λ are 0.
        worst = Math.max(worst, score === own ? 0 : Math.abs(own / score - 1));
      });
    }
    expect(worst).toBeLessThan(SCORE_TOLERANCE);
  });

  it("masks the same triplets at every step, of which none is a near-tie", () => {
    for (const { step, budget, masks } of steps) {
      expect(found[step]?.kept, `step ${step}`).toEqual(expected[step]?.kept);
      if (!masks) continue;
      const ascending = [...(expected[step]?.scores ?? [])].sort((a, b) => a - b);
      const [last, next] = ascending.slice(ascending.length - budget - 1, ascending.length - budget + 1) as [
        number,
        number,
      ];
      // Else rounding might decide, and equality would mean nothing.
      expect(next / last - 1, `step ${step}`).toBeGreaterThan(2 * SCORE_TOLERANCE);
      expect(found[step]?.kept.filter((flag) => flag === 1)).toHaveLength(budget);
    }
  });
});

/** Triplet scores from the stored statistics, in float64 and by loops: eq. 7 and 11 of the paper. */
async function scoresOf(
  module: string,
  read: (name: string) => Promise<Float32Array>,
): Promise<readonly number[]> {
  const elements = async (factor: string): Promise<readonly number[]> => {
    const { sensitivity, uncertainty } = statisticNames(`${module}.${factor}`);
    const other = await read(uncertainty);
    return Array.from(await read(sensitivity), (value, index) => value * (other[index] as number));
  };
  const [q, lambda, p] = [await elements("lora_A"), await elements("lora_E"), await elements("lora_B")];
  const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;
  const inFeatures = q.length / RANK;
  return lambda.map(
    (own, k) =>
      own +
      mean(q.slice(k * inFeatures, (k + 1) * inFeatures)) +
      mean(p.filter((_, index) => index % RANK === k)),
  );
}

describeAdapterParity(adalora, {
  createExecutor,
  config,
  adapterFolder: fixture("adapter"),
  modelFolder: fileURLToPath(new URL("../../../models/fixtures/bert/gelu-erf", import.meta.url)),
  labelCount: 2,
  totalSteps: 30,
  written: [
    { initialRank: 3, targetRank: 2, alpha: 5 },
    { initialRank: 4, targetRank: 1, dropout: 0.1, targetModules: ["query", "dense"], regularizer: "paper" },
  ],
  // The second triplet of each layer's queries is masked.
  reachable: (name, values) =>
    name.endsWith("query.lora_E") ? values.map((value, place) => (place === 1 ? 0 : value)) : values,
  misfits: [
    {
      name: "another rank",
      config: { ...config, initialRank: 6 },
      message: /init_r is 4; the method needs 6/,
    },
    {
      name: "another alpha",
      config: { ...config, alpha: 16 },
      message: /lora_alpha is 8; the method needs 16/,
    },
    {
      name: "fewer modules",
      config: { ...config, targetModules: ["query", "key", "dense"] },
      message: /Unexpected: bert\.encoder\.layer\.0\.attention\.self\.value\.lora_A/,
    },
  ],
});
