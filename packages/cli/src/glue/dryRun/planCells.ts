import type { CellSpec } from "@peftbench/harness";
import { canonicalJson, planTraining } from "@peftbench/harness";
import type { HeadSpec, Tokenizer } from "@peftbench/models";
import { loadTokenizer, openCheckpoint } from "@peftbench/models";
import type { ModelShape, PeftMethod } from "@peftbench/peft";
import {
  attachMethod,
  configuredShape,
  countParameters,
  MethodError,
  WeightsNeededError,
} from "@peftbench/peft";
import type { FileCache } from "@peftbench/runtime";
import { batchesPerEpoch, choiceTasks, chooseBuckets, TaskArgumentError } from "@peftbench/tasks";
import type { SplitLengths, TaskTexts } from "./taskTexts.ts";
import { choiceTexts, labelledTexts } from "./taskTexts.ts";
import type { CellWork } from "./timeEstimate.ts";

/** What is known of a cell before it runs. */
export interface CellPlan {
  /** Optimizer steps. */
  readonly steps: number;
  /** Whether every example was tokenized. Else steps are the least, and memory is that of the longest texts allowed. */
  readonly isExact: boolean;
  readonly trainable: number;
  readonly peakLiveBytes: number;
  readonly work: CellWork;
}

/**
 * A plan, or the reason why there is none: `unknown` where a plan would need what is not read here, `impossible` where a
 * run would end in the same error, be it the task's with any method or one method's.
 */
export type PlannedCell =
  | { readonly kind: "planned"; readonly plan: CellPlan }
  | { readonly kind: "unknown"; readonly reason: string }
  | { readonly kind: "impossible"; readonly of: "task" | "method"; readonly reason: string };

/**
 * Plans cells without weights and without a device: steps, memory, tokens. Cells that differ in nothing that these
 * depend on, as seeds and learning rates, share a plan.
 */
export function createCellPlanner(
  methods: readonly PeftMethod[],
  examples: FileCache,
): (spec: CellSpec) => Promise<PlannedCell> {
  const once = new Map<string, Promise<unknown>>();
  const shared = <Value>(key: unknown, make: () => Promise<Value>): Promise<Value> => {
    const name = canonicalJson(key);
    const known = once.get(name);
    if (known !== undefined) return known as Promise<Value>;
    const made = make();
    once.set(name, made);
    return made;
  };
  return (spec) => {
    const { method, task, config } = spec.cell;
    const { learningRate: _, headLearningRate: __, ...training } = config.training;
    return shared(["plan", spec.modelFolder, method, task, training, config.method], async () => {
      const choice = choiceTasks.find(({ id }) => id === task);
      const data = await shared(["data", task], () =>
        choice === undefined ? labelledTexts(spec, examples) : choiceTexts(choice, spec),
      );
      const tokenizer = await shared(["tokenizer", spec.modelFolder], () => loadTokenizer(spec.modelFolder));
      const attached = methods.find(({ id }) => id === method);
      if (attached === undefined) throw new RangeError(`There is no method ${method}.`);
      try {
        const model = await readShape(spec.modelFolder, data.head);
        return { kind: "planned", plan: planCell(spec, attached, model, data, tokenizer) };
      } catch (error) {
        if (error instanceof WeightsNeededError) return { kind: "unknown", reason: error.message };
        if (error instanceof TaskArgumentError)
          return { kind: "impossible", of: "task", reason: error.message };
        if (error instanceof MethodError) return { kind: "impossible", of: "method", reason: error.message };
        throw error;
      }
    });
  };
}

async function readShape(folder: string, head: HeadSpec): Promise<ModelShape> {
  const checkpoint = await openCheckpoint(folder);
  try {
    return configuredShape(checkpoint.config, head);
  } finally {
    await checkpoint.close();
  }
}

function planCell(
  { cell }: CellSpec,
  method: PeftMethod,
  model: ModelShape,
  data: TaskTexts,
  tokenizer: Tokenizer,
): CellPlan {
  const { training } = cell.config;
  const maxLength = Math.min(training.maxLength, model.architecture.maxLength(model.config));
  const { batchSize, maxBuckets, epochs, selectionRows, subsetSeed: seed } = training;
  const { train, selection, scored } = data.measure(tokenizer, maxLength, {
    ...{ selectionRows, seed, trainLimit: training.trainLimit, devLimit: training.devLimit },
  });
  const splits = [train, selection, ...scored];
  const isExact = splits.every(({ rows, lengths }) => rows === lengths.length);
  const lengths = splits.flatMap((split) => split.lengths);
  const buckets = chooseBuckets(isExact ? lengths : [...lengths, maxLength], {
    maxLength,
    batchSize,
    maxBuckets,
  });
  const stepsPerEpoch = isExact
    ? batchesPerEpoch(train.lengths, { batchSize, buckets })
    : Math.ceil(train.rows / batchSize);
  const steps = stepsPerEpoch * epochs;
  const attachment = attachMethod(method, model, cell.config.method, { totalSteps: steps });
  const { memory } = planTraining(model, attachment, training, buckets);
  const trainable = countParameters(model, attachment, steps).trainableInitial;
  const linear = model.architecture
    .linearModules(model.config, model.head)
    .filter((module) => !module.head)
    .map(({ inFeatures, outFeatures }) => inFeatures * outFeatures);
  const selectionPasses = training.evaluationsPerEpoch === 0 ? 1 : training.evaluationsPerEpoch * epochs + 1;
  return {
    steps,
    isExact,
    trainable,
    peakLiveBytes: memory.peakLiveBytes,
    work: {
      trainTokens: tokensOf(train) * epochs,
      scoredTokens:
        scored.reduce((total, split) => total + tokensOf(split), 0) + tokensOf(selection) * selectionPasses,
      linearScalars: linear.reduce((total, count) => total + count, 0),
      trainable,
    },
  };
}

function tokensOf({ rows, lengths }: SplitLengths): number {
  if (lengths.length === 0) return 0;
  return (lengths.reduce((total, length) => total + length, 0) / lengths.length) * rows;
}
