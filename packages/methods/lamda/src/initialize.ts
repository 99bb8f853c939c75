import type { FactorInitializers, LinearModule } from "@peftbench/peft";
import { leftVectors, rightVectors, singularValueMatrix, uniformWithin } from "@peftbench/peft";
import type { LamdaConfig } from "./config.ts";

/** First values of the factors of one module. */
export function initializers(
  module: LinearModule,
  { rank, init }: Pick<LamdaConfig, "rank" | "init">,
  scale: number,
): FactorInitializers {
  const { inFeatures, outFeatures } = module;
  switch (init) {
    case "svd-zero":
      return {
        a: rightVectors(module, rank),
        s: () => new Float32Array(rank * rank),
        b: leftVectors(module, rank),
      };
    case "svd-sigma":
      return {
        a: rightVectors(module, rank),
        s: singularValueMatrix(module, rank, scale),
        b: leftVectors(module, rank),
      };
    case "released-code":
      return {
        // PyTorch's default for both linear layers: uniform within 1/sqrt(inputs).
        a: ({ random }) => uniformWithin(random, rank * inFeatures, 1 / Math.sqrt(inFeatures)),
        s: ({ random }) => uniformWithin(random, rank * rank, 1 / Math.sqrt(rank)),
        b: () => new Float32Array(outFeatures * rank),
      };
  }
}
