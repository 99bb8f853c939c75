import type { ConformanceOptions } from "@peftbench/peft/conformance";
import {
  CLASSIFIER_PARAMETERS,
  encoderShape,
  POOLER_PARAMETERS,
  PUBLISHED_SIZES,
} from "@peftbench/peft/conformance";

const SIX_MATRICES = [
  "query",
  "key",
  "value",
  "attention.output.dense",
  "intermediate.dense",
  "output.dense",
];
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

const { base } = PUBLISHED_SIZES;
/** Rows of all six matrices of twelve layers. */
const allRows = 12 * (5 * 768 + 3072);

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
    {
      name: "base, rank 32, six matrices: from 72 * 32² + 32 * rows to 72 * 32²",
      model: encoderShape(base, [...POOLER_PARAMETERS, ...CLASSIFIER_PARAMETERS]),
      config: { rank: 32, targetModules: SIX_MATRICES },
      totalSteps: 1000,
      trainable: {
        initial: 72 * 1024 + 32 * allRows,
        average: 60 * averageOf(32, 0.3, 1000, 768) + 12 * averageOf(32, 0.3, 1000, 3072),
        final: 73_728,
      },
      head: 592_130,
    },
    {
      name: "base, rank 8, query and value, frozen from the start: 24 * 64",
      model: encoderShape(base, CLASSIFIER_PARAMETERS),
      config: { rank: 8, freezeFraction: 0 },
      totalSteps: 10,
      trainable: 24 * 64,
      head: 2 * 768 + 2,
    },
  ],
  invalidConfigs: [
    { name: "rank 0", config: { rank: 0 }, message: /rank/ },
    { name: "an unknown start", config: { init: "svd" }, message: /init/ },
    { name: "five stages", config: { stages: 5 }, message: /stages/ },
    { name: "more than all steps", config: { freezeFraction: 1.5 }, message: /freezeFraction/ },
  ],
};
