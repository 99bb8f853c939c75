import { basename } from "node:path";
import process from "node:process";
import type { HeadSpec, PretrainedModel } from "@peftbench/models";
import { hubOriginOf, loadPretrained } from "@peftbench/models";
import type {
  BaseValues,
  MethodAttachment,
  ModelShape,
  ParameterCounts,
  PeftMethod,
  Spectra,
} from "@peftbench/peft";
import { attachMethod, countParameters, spectraOf } from "@peftbench/peft";
import type { Example, TokenizedExamples } from "@peftbench/tasks";
import { batchesPerEpoch, chooseBuckets, subset } from "@peftbench/tasks";
import type { CellSpec } from "../grid/cellSpec.ts";
import type { ResultData, ResultWeights } from "../result/schema.ts";
import type { CellCaches } from "./caches.ts";
import { openCaches } from "./caches.ts";
import type { CellWork } from "./cellWork.ts";
import type { HiddenSplits } from "./submission.ts";

/** A split as text and as tokens. */
export interface PreparedSplit {
  readonly examples: readonly Example[];
  readonly tokenized: TokenizedExamples;
}

/** Everything of a cell that is known before its first step. */
export interface PreparedCell {
  /** Name of the metric that methods are ranked and selected by. */
  readonly primaryMetric: string;
  readonly model: ModelShape;
  readonly base: BaseValues;
  /** Decompositions of the base weights, kept across runs. */
  readonly spectra: Spectra;
  readonly caches: CellCaches;
  readonly attachment: MethodAttachment;
  readonly counts: ParameterCounts;
  readonly train: PreparedSplit;
  /** Held out of training, to choose settings by; empty where nothing is. */
  readonly selection: PreparedSplit;
  readonly dev: PreparedSplit;
  /** Labelled splits beside dev, by their names; none for most tasks. */
  readonly further: readonly (PreparedSplit & { readonly name: string })[];
  /** Test splits without labels, where predictions on them are asked for. */
  readonly hidden: HiddenSplits | null;
  readonly buckets: readonly number[];
  readonly stepsPerEpoch: number;
  readonly totalSteps: number;
  readonly padTokenId: number;
  readonly work: CellWork;
  readonly data: ResultData;
  readonly weights: ResultWeights;
  /** What a reader of the results should know, in sentences. */
  readonly warnings: readonly string[];
}

/** A cell's base model, checked against what was planned. */
export interface LoadedModel {
  readonly pretrained: PretrainedModel;
  readonly model: ModelShape;
  readonly maxLength: number;
  readonly caches: CellCaches;
}

/** The data of a cell as its kind of task prepares it. */
export interface CellData
  extends Pick<
    PreparedCell,
    | "train"
    | "selection"
    | "dev"
    | "further"
    | "hidden"
    | "primaryMetric"
    | "padTokenId"
    | "work"
    | "warnings"
  > {
  /** Most tokens of a row. */
  readonly maxLength: number;
  /** Tokens of everything that is scored. */
  readonly scoredLengths: readonly number[];
  readonly provenance: Omit<ResultData, "rows">;
}

export async function loadModel(spec: CellSpec, head: HeadSpec): Promise<LoadedModel> {
  const pretrained = await loadPretrained(spec.modelFolder, head, { seed: spec.cell.seed });
  requireSame("the model", spec.modelFolder, pretrained.checksum, spec.weightsChecksum);
  const { architecture, config, headParameters, maxLength } = pretrained;
  return {
    pretrained,
    model: { architecture, config, head, headParameters },
    maxLength,
    caches: openCaches(process.env),
  };
}

/** Chooses lengths and steps, and attaches the method. */
export async function assembleCell(
  spec: CellSpec,
  method: PeftMethod,
  loaded: LoadedModel,
  { maxLength, scoredLengths, provenance, ...data }: CellData,
): Promise<PreparedCell> {
  const { pretrained, model, caches } = loaded;
  const { training } = spec.cell.config;
  const { batchSize, maxBuckets } = training;
  const { train, selection, dev } = data;
  // One choice for all splits, so that a run has at most as many graphs as there are buckets.
  const lengths = [...train.tokenized.lengths, ...scoredLengths];
  const buckets = chooseBuckets(lengths, { maxLength, batchSize, maxBuckets });
  const stepsPerEpoch = batchesPerEpoch(train.tokenized.lengths, { batchSize, buckets });
  const totalSteps = stepsPerEpoch * training.epochs;
  const spectra = spectraOf(pretrained.values, caches.spectra);
  const attachment = attachMethod(method, model, spec.cell.config.method, { totalSteps, spectra });
  const rows = {
    train: train.examples.length,
    selection: selection.examples.length,
    dev: dev.examples.length,
  };
  return {
    ...data,
    model,
    base: pretrained.values,
    spectra,
    caches,
    attachment,
    counts: countParameters(model, attachment, totalSteps),
    buckets,
    stepsPerEpoch,
    totalSteps,
    data: { ...provenance, rows },
    weights: await weightsOf(spec.modelFolder, pretrained.checksum),
    warnings: [...pretrained.warnings, ...data.warnings],
  };
}

/** Repository and commit of a snapshot of the hub; of other folders their own name alone, as paths mean nothing elsewhere. */
async function weightsOf(folder: string, checksum: string): Promise<ResultWeights> {
  const origin = await hubOriginOf(folder, checksum);
  return origin === null
    ? { source: `folder ${basename(folder)}`, revision: null, checksum }
    : { source: `Hugging Face hub, ${origin.name}`, revision: origin.commit, checksum };
}

/** So many of the examples, chosen by the seed; all where there is no limit or it is higher. */
export function limited<Row>(examples: readonly Row[], limit: number | null, seed: number): readonly Row[] {
  return limit === null || limit >= examples.length ? examples : subset(examples, { size: limit, seed });
}

export function requireSame(what: string, place: string, found: string, expected: string): void {
  if (found === expected) return;
  throw new Error(
    `${what} in ${place} changed since the grid was planned: its sha256 is ${found}, ${expected} was expected. ` +
      "Start the command again.",
  );
}

export function truncationWarning(split: string, count: number, maxLength: number): readonly string[] {
  return count === 0 ? [] : [`${count} ${split} examples were cut to ${maxLength} tokens.`];
}
