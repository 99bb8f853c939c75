import type { ConformanceOptions } from "@peftbench/peft/conformance";
import { countsAsPublished, countsOnPublishedModels } from "@peftbench/peft/conformance";

const TOTAL_STEPS = 12;

/** Average of r² + (r - t(i)) outFeatures over the steps, with t(i) = min(r, floor(r i / (fraction steps))). */
function averageOf(rank: number, fraction: number, steps: number, outFeatures: number): number {
  let sum = 0;
  for (let step = 0; step < steps; step++) {
    const frozen = Math.min(rank, Math.floor((rank * step) / (fraction * steps)));
    sum += rank * rank + (rank - frozen) * outFeatures;
  }
  return sum / steps;
}

export const conformance: ConformanceOptions = {
  config: { rank: 4, alpha: 8, targetModules: ["query", "output.dense"] },
  dropoutConfig: { rank: 4, alpha: 8, dropout: 0.4 },
  totalSteps: TOTAL_STEPS,
  stepZeroTolerance: 0,
  overfit: { learningRate: 0.05, steps: 60, lossFactor: 0.3 },
  savesAsPeft: true,
  // It comes back as B' = B S around an identity, which rounds otherwise.
  roundTripTolerance: 2e-6,
  counts: [
    // Frozen from the start, it trains what it else trains at last.
    ...countsAsPublished("LaMDA", { totalSteps: 10, config: { freezeFraction: 0 } }),
    ...countsOnPublishedModels({
      config: { rank: 32, freezeFraction: 0.3 },
      totalSteps: 1000,
      hasTargets: true,
      trainable: ({ outFeatures }) => ({
        initial: 32 * 32 + 32 * outFeatures,
        average: averageOf(32, 0.3, 1000, outFeatures),
        final: 32 * 32,
      }),
    }),
  ],
  invalidConfigs: [
    { name: "rank 0", config: { rank: 0 }, message: /rank/ },
    { name: "an unknown start", config: { init: "svd" }, message: /init/ },
    { name: "five stages", config: { stages: 5 }, message: /stages/ },
    { name: "more than all steps", config: { freezeFraction: 1.5 }, message: /freezeFraction/ },
  ],
};
