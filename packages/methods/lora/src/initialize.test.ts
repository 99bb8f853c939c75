import { fileURLToPath } from "node:url";
import { attachMethod, initialState, multiply } from "@peftbench/peft";
import { jobModel, largestDifference, readTrainingJob } from "@peftbench/peft/parity";
import { describe, expect, it } from "vitest";
import { lora } from "./index.ts";

const [RANK, ALPHA, WIDTH] = [4, 8, 32];
const option = (name: string): string =>
  fileURLToPath(new URL(`../../../harness/fixtures/training/options/${name}`, import.meta.url));

/** First values of peft and of ours for the same model and configuration. */
async function firstValues(name: string, options: object) {
  const job = await readTrainingJob(option(name));
  const { model, base } = await jobModel(job);
  const config = { rank: RANK, alpha: ALPHA, targetModules: ["query", "value"], ...options };
  const attachment = attachMethod(lora, model, config, { totalSteps: 1 });
  const state = initialState(model, attachment, base, { seed: 3, accumulate: false });
  const ours = new Map([...state].map(([key, { data }]) => [key, data as Float32Array]));
  return { ours, peft: job.initial };
}

function elementsOf(values: ReadonlyMap<string, Float32Array>, ending: string): readonly number[] {
  return [...values].filter(([name]) => name.endsWith(ending)).flatMap(([, data]) => [...data]);
}

function deviation(elements: readonly number[]): number {
  return Math.sqrt(elements.reduce((sum, element) => sum + element * element, 0) / elements.length);
}

describe("first values beside peft's", () => {
  it.each([
    {
      name: "rslora",
      options: { rankStabilized: true },
      expected: 1 / Math.sqrt(3 * WIDTH),
      within: 1 / Math.sqrt(WIDTH),
    },
    { name: "gaussian", options: { init: "gaussian" }, expected: 1 / RANK, within: Number.POSITIVE_INFINITY },
  ])("have the same spread and B at zero: $name", async ({ name, options, expected, within }) => {
    for (const values of Object.values(await firstValues(name, options))) {
      const a = elementsOf(values, ".lora_A.weight");
      // 512 draws: the deviation's own is 3 %.
      expect(a).toHaveLength(4 * RANK * WIDTH);
      expect(deviation(a) / expected).toBeGreaterThan(0.85);
      expect(deviation(a) / expected).toBeLessThan(1.15);
      expect(Math.max(...a.map(Math.abs))).toBeLessThanOrEqual(within * (1 + 1e-6));
      expect(new Set(elementsOf(values, ".lora_B.weight"))).toEqual(new Set([0]));
    }
  });

  it("take the same path off the same weights in PiSSA, whatever the signs", async () => {
    const { ours, peft } = await firstValues("pissa", { init: "pissa" });
    const value = (values: ReadonlyMap<string, Float32Array>, name: string): Float32Array =>
      values.get(name) ?? new Float32Array();
    for (const a of [...peft.keys()].filter((name) => name.endsWith(".lora_A.weight"))) {
      const [b, weight] = [a.replace("lora_A", "lora_B"), a.replace(".lora_A", "")];
      const path = (values: ReadonlyMap<string, Float32Array>) =>
        multiply(value(values, b), value(values, a), WIDTH, RANK, WIDTH);
      expect(largestDifference(path(ours), path(peft))).toBeLessThan(2e-6);
      expect(largestDifference(value(ours, weight), value(peft, weight))).toBeLessThan(2e-6);
    }
  });
});
