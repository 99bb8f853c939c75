import { attentionKinds } from "@peftbench/models";
import { optimizerKinds, savePolicies, weightStorages } from "@peftbench/runtime";
import { z } from "zod";
import { noSelection, selectionFields } from "./selectionConfig.ts";

const positiveInt = z.int().positive();
const fraction = z.number().min(0).lt(1);

const trainingFields = z.strictObject({
  epochs: positiveInt,
  /** Rows in a batch; the last batch of a bucket is padded to it with rows of weight zero. */
  batchSize: positiveInt,
  /** Parts that a batch is computed in, one after another, to save memory; a divisor of `batchSize`. */
  accumulationSteps: positiveInt,
  /** Highest learning rate of the schedule, of the method's parameters. */
  learningRate: z.number().positive(),
  /** The same for the task head; null: as `learningRate`. */
  headLearningRate: z.number().positive().nullable(),
  /** `adamw`, or `sgd`: without momentum, its state is none, and it reads neither `beta1`, `beta2` nor `epsilon`. */
  optimizer: z.enum(optimizerKinds),
  beta1: fraction,
  beta2: fraction,
  epsilon: z.number().positive(),
  /** Decoupled; on weight matrices, not on biases and layer norms. */
  weightDecay: z.number().nonnegative(),
  /** Linear: rises from 0 during warm-up, then falls to 0 at the last step. */
  schedule: z.enum(["linear", "constant"]),
  /** Share of all steps that is warm-up. */
  warmupRatio: fraction,
  /** Global norm that gradients are clipped to; null: not clipped. */
  maxGradientNorm: z.number().positive().nullable(),
  /** Probability of hidden and attention dropout; 0 for none, null for what the model's configuration says of each. */
  dropout: fraction.nullable(),
  /** Tokens that longer texts are cut to, special tokens included. */
  maxLength: z.int().min(3),
  /** Most lengths that batches are padded to. */
  maxBuckets: z.int().min(1).max(4),
  /** Training examples to use, chosen by `subsetSeed`; null: all. */
  trainLimit: positiveInt.nullable(),
  /** Training examples that are held out and scored after training, to choose settings by; 0: none. */
  selectionRows: z.int().nonnegative(),
  ...selectionFields,
  /** Dev examples to report on, likewise; null: all, as published figures have it. */
  devLimit: positiveInt.nullable(),
  /** Chooses what `trainLimit` and `devLimit` keep; the same for every seed, so that seeds differ in training alone. */
  subsetSeed: z.int().nonnegative(),
  savePolicy: z.enum(savePolicies),
  /** `materialized`: scores and probabilities are tensors, as in PyTorch's eager attention. `fused`: one op without them. */
  attention: z.enum(attentionKinds),
  /** How frozen weight matrices are stored: f16 rounds them, on WebGPU alone. */
  frozenWeights: z.enum(weightStorages),
});

/**
 * How a cell is trained: all of it decides the outcome, so all of it is hashed into the run's id. The suite's data
 * gives every value; the only defaults in code are those of selection along the run, which is off where it is absent.
 */
export const trainingConfigSchema = trainingFields
  .extend({
    evaluationsPerEpoch: selectionFields.evaluationsPerEpoch.default(noSelection.evaluationsPerEpoch),
    earlyStopping: selectionFields.earlyStopping.default(noSelection.earlyStopping),
    keepBest: selectionFields.keepBest.default(noSelection.keepBest),
  })
  .refine((config) => config.batchSize % config.accumulationSteps === 0, {
    path: ["accumulationSteps"],
    error: "expected a divisor of batchSize",
  });

export type TrainingConfig = z.infer<typeof trainingConfigSchema>;

/** Some of the values: what a preset, a method's defaults or the caller changes. */
export const trainingOverridesSchema = trainingFields.partial();

export type TrainingOverrides = z.infer<typeof trainingOverridesSchema>;
