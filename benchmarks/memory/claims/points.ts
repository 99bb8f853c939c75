import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { methods } from "@peftbench/methods";
import type { AttentionKind, BatchShape, HeadSpec } from "@peftbench/models";
import type { ModelShape, ParameterCounts } from "@peftbench/peft";
import { attachMethod, buildTrainingGraph, configuredShape, countParameters } from "@peftbench/peft";
import type { BytesByRole, OptimizerKind, SavePolicy } from "@peftbench/runtime";
import {
  applySavePolicy,
  deviceProfiles,
  planMemory,
  prepareForDevice,
  storeFrozenWeightsAsHalf,
} from "@peftbench/runtime";
import { TOTAL_STEPS } from "../paperCases.ts";

/** A model as it is published, and what it is to predict. */
export interface ClaimModel {
  /** File below `models/configs`. */
  readonly name: string;
  readonly title: string;
  readonly head: HeadSpec;
}

const classes: HeadSpec = { kind: "classification", labelCount: 2 };
const tokens: HeadSpec = { kind: "languageModel" };

/** One of each architecture, and one far larger than this machine. */
export const claimModels: readonly ClaimModel[] = [
  { name: "bert-base", title: "BERT base", head: classes },
  { name: "roberta-base", title: "RoBERTa base", head: classes },
  { name: "deberta-v3-base", title: "DeBERTa-v3 base", head: classes },
  { name: "gpt2", title: "GPT-2", head: tokens },
  { name: "smollm2-135m", title: "SmolLM2 135M", head: tokens },
  { name: "llama-3.2-1b", title: "Llama 3.2 1B", head: tokens },
  { name: "llama-2-7b", title: "Llama 2 7B", head: tokens },
  { name: "t5-base", title: "T5 base", head: tokens },
  { name: "bart-large", title: "BART large", head: tokens },
];

/** What memory depends on beside the model. */
export interface Point {
  readonly method: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly batch: BatchShape;
  readonly savePolicy: SavePolicy;
  readonly attention: AttentionKind;
  readonly frozenWeights?: "f32" | "f16";
  readonly optimizer?: OptimizerKind;
}

/** Planned peaks of one stage. */
export interface StagePeak {
  readonly stage: string;
  readonly peakLiveBytes: number;
  readonly peakReservedBytes: number;
  readonly byRole: BytesByRole;
}

export interface PlannedPoint {
  readonly stages: readonly StagePeak[];
  readonly counts: ParameterCounts;
}

export async function readShape({ name, head }: Pick<ClaimModel, "name" | "head">): Promise<ModelShape> {
  const file = fileURLToPath(new URL(`../../../models/configs/${name}.json`, import.meta.url));
  const json: unknown = JSON.parse(await readFile(file, "utf8"));
  return configuredShape(json, head);
}

/** Every stage of a method in training, planned from the configuration alone; dropout is the model's own. */
export function planPoint(model: ModelShape, point: Point): PlannedPoint {
  const method = methods.find(({ id }) => id === point.method);
  if (method === undefined) throw new Error(`There is no method ${point.method}.`);
  const attachment = attachMethod(method, model, point.config, { totalSteps: TOTAL_STEPS });
  const decay = { weightDecay: 0.01, maxGradientNorm: 1 };
  const stages = attachment.stages.map((stage): StagePeak => {
    const graph = buildTrainingGraph(model, stage, {
      batch: point.batch,
      kind: "step",
      dropout: null,
      attention: point.attention,
      optimizer:
        point.optimizer === "sgd"
          ? { kind: "sgd", ...decay }
          : { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, ...decay },
      decayBiasesAndNorms: false,
      headLearningRateScale: 1,
    });
    const kept = applySavePolicy(graph, point.savePolicy);
    const stored = point.frozenWeights === "f16" ? storeFrozenWeightsAsHalf(kept) : kept;
    const plan = planMemory(prepareForDevice(stored, deviceProfiles.generic), deviceProfiles.generic);
    const { peakLiveBytes, peakReservedBytes, byRoleAtPeak } = plan;
    return {
      stage: stage.name,
      peakLiveBytes,
      peakReservedBytes,
      byRole: byRoleAtPeak,
    };
  });
  return { stages, counts: countParameters(model, attachment, TOTAL_STEPS) };
}

/** The stage that needs most. */
export function highestStage({ stages }: PlannedPoint): StagePeak {
  const [highest] = stages.toSorted((a, b) => b.peakLiveBytes - a.peakLiveBytes);
  if (highest === undefined) throw new Error("The method has no stage.");
  return highest;
}
