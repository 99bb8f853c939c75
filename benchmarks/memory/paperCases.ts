import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Suite } from "@peftbench/harness";
import { methods } from "@peftbench/methods";
import type { BatchShape, HeadSpec } from "@peftbench/models";
import type { MethodAttachment, ModelShape, ParameterCounts, Spectra } from "@peftbench/peft";
import { attachMethod, buildTrainingGraph, configuredShape, countParameters } from "@peftbench/peft";
import type { BytesByRole, MemoryPlan, SavePolicy } from "@peftbench/runtime";
import {
  applySavePolicy,
  deviceProfiles,
  planMemory,
  prepareForDevice,
  savePolicies,
} from "@peftbench/runtime";

/**
 * The recipe of AdaLoRA's paper on GLUE (arXiv 2303.10512, table 8: batches of 32). Its launch scripts have lengths of
 * 128 to 512 by task. LaMDA's recipe for GLUE is not known to us.
 */
export const PAPER_BATCH: BatchShape = { rows: 32, length: 128 };

export const PAPER_LENGTHS = [64, 128, 256, 512] as const;

/** Counts are averaged over so many steps, and stages begin at shares of them. */
export const TOTAL_STEPS = 1000;

/** In the order of the tables: what LaMDA's paper compares, and a head alone below all of them. */
export const PAPER_METHODS = ["full", "lora", "adalora", "lamda", "lamda-plus-plus", "linear-probe"] as const;

export interface PlannedStage {
  readonly stage: string;
  /** Optimizer step that it begins at, of `TOTAL_STEPS`. */
  readonly fromStep: number;
  readonly savePolicy: SavePolicy;
  readonly peakLiveBytes: number;
  readonly peakReservedBytes: number;
  /** Sums to `peakLiveBytes`. */
  readonly byRole: BytesByRole;
  /** The node at the peak. */
  readonly peakAt: { readonly node: string; readonly phase: string } | null;
}

export interface PlannedMethod {
  readonly method: string;
  readonly title: string;
  readonly config: unknown;
  readonly counts: ParameterCounts;
  readonly stages: readonly PlannedStage[];
}

const TWO_LABELS: HeadSpec = { kind: "classification", labelCount: 2 };

/** DeBERTa-v3-base with a new pooler and classifier, which train with every method. */
export async function paperModel(): Promise<ModelShape> {
  const file = fileURLToPath(new URL("../../models/configs/deberta-v3-base.json", import.meta.url));
  const json: unknown = JSON.parse(await readFile(file, "utf8"));
  return configuredShape(json, TWO_LABELS);
}

/** A method with the suite's settings, which adapt all six matrices of a layer. */
export function attachPaperMethod(model: ModelShape, id: string, suite: Suite): MethodAttachment {
  const method = methods.find((candidate) => candidate.id === id);
  if (method === undefined) throw new Error(`There is no method ${id}.`);
  const run = { totalSteps: TOTAL_STEPS, spectra: madeUpSpectra(model) };
  return attachMethod(method, model, suite.methods[id]?.config ?? {}, run);
}

export function planPaperMethod(
  model: ModelShape,
  id: string,
  suite: Suite,
  batch: BatchShape,
): PlannedMethod {
  const attachment = attachPaperMethod(model, id, suite);
  const { beta1, beta2, epsilon, weightDecay, maxGradientNorm } = suite.training;
  const stages = attachment.stages.flatMap((stage) => {
    const graph = buildTrainingGraph(model, stage, {
      batch,
      kind: "step",
      dropout: null,
      optimizer: { beta1, beta2, epsilon, weightDecay, maxGradientNorm },
      decayBiasesAndNorms: false,
      headLearningRateScale: 1,
    });
    return savePolicies.map((savePolicy): PlannedStage => {
      const prepared = prepareForDevice(applySavePolicy(graph, savePolicy), deviceProfiles.generic);
      const plan = planMemory(prepared, deviceProfiles.generic);
      const { peakLiveBytes, peakReservedBytes, byRoleAtPeak } = plan;
      return {
        stage: stage.name,
        fromStep: stage.fromStep,
        savePolicy,
        peakLiveBytes,
        peakReservedBytes,
        byRole: byRoleAtPeak,
        peakAt: momentOf(plan),
      };
    });
  });
  return {
    method: id,
    title: methods.find((candidate) => candidate.id === id)?.title ?? id,
    config: suite.methods[id]?.config ?? {},
    counts: countParameters(model, attachment, TOTAL_STEPS),
    stages,
  };
}

/** A method's highest live peak over its stages. */
export function highestPeak({ stages }: PlannedMethod, savePolicy: SavePolicy): number {
  return Math.max(
    ...stages.filter((stage) => stage.savePolicy === savePolicy).map(({ peakLiveBytes }) => peakLiveBytes),
  );
}

function momentOf({ peakAt }: MemoryPlan): PlannedStage["peakAt"] {
  if (peakAt === null) return null;
  const { scope, op, phase } = peakAt;
  return { node: scope === "" ? op : `${scope}.${op}`, phase };
}

/**
 * There are no weights, and LaMDA++ reads their spectra: falling ones, steeper from matrix to matrix of a layer, so that
 * its ranks differ as they do on real weights. Its budget, not they, decides how much trains.
 */
function madeUpSpectra({ architecture, config, head }: ModelShape): Spectra {
  const modules = architecture.linearModules(config, head).filter((module) => !module.head);
  const order = new Map(modules.map(({ name }, index) => [`${name}.weight`, index % 6]));
  return {
    truncatedSvd: () => {
      throw new Error("Graphs are made without first values.");
    },
    singularValues: (name) => {
      const exponent = 0.3 + 0.1 * (order.get(name) ?? 0);
      return Float64Array.from({ length: 768 }, (_, index) => 1 / (1 + index) ** exponent);
    },
  };
}
