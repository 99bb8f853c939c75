import { basename } from "node:path";
import process from "node:process";
import type { HeadSpec, Tokenizer } from "@peftbench/models";
import { hubOriginOf, loadPretrained, loadTokenizer } from "@peftbench/models";
import type {
  BaseValues,
  MethodAttachment,
  ModelShape,
  ParameterCounts,
  PeftMethod,
  Spectra,
} from "@peftbench/peft";
import { attachMethod, countParameters, spectraOf } from "@peftbench/peft";
import type { Example, SequenceTokenizer, TaskDefinition, TokenizedExamples } from "@peftbench/tasks";
import {
  batchesPerEpoch,
  chooseBuckets,
  loadTask,
  selectionSplit,
  subset,
  tokenizeExamples,
} from "@peftbench/tasks";
import type { CellSpec } from "../grid/cellSpec.ts";
import type { ResultData, ResultWeights } from "../result/schema.ts";
import { requireSelectable } from "../selectionConfig.ts";
import type { CellCaches } from "./caches.ts";
import { openCaches } from "./caches.ts";
import type { CellWork } from "./cellWork.ts";
import { classificationWork } from "./classificationWork.ts";
import type { HiddenSplits } from "./submission.ts";
import { prepareHiddenSplits } from "./submission.ts";

/** A split as text and as tokens. */
export interface PreparedSplit {
  readonly examples: readonly Example[];
  readonly tokenized: TokenizedExamples;
}

/** Everything of a cell that is known before its first step. */
export interface PreparedCell {
  readonly task: TaskDefinition;
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

/** Loads the model and the data of a cell, cuts and tokenizes the data, and attaches the method. */
export async function prepareCell(
  spec: CellSpec,
  task: TaskDefinition,
  method: PeftMethod,
): Promise<PreparedCell> {
  const { training } = spec.cell.config;
  requireSelectable(training);
  const head: HeadSpec =
    task.kind === "classification"
      ? { kind: "classification", labelCount: task.labels.length }
      : { kind: "regression" };
  const pretrained = await loadPretrained(spec.modelFolder, head, { seed: spec.cell.seed });
  requireSame("the model", spec.modelFolder, pretrained.checksum, spec.weightsChecksum);
  const caches = openCaches(process.env);
  const loaded = await loadTask(task, {
    dataFolder: spec.dataFolder ?? undefined,
    cache: caches.examples,
  });
  requireSame(
    `the data of ${task.id}`,
    spec.dataFolder ?? task.suite,
    loaded.provenance.checksum,
    spec.dataChecksum,
  );

  const tokenizer = sequenceTokenizer(await loadTokenizer(spec.modelFolder));
  const maxLength = Math.min(training.maxLength, pretrained.maxLength);
  const split = (examples: readonly Example[], limit: number | null): PreparedSplit => {
    const kept =
      limit === null || limit >= examples.length
        ? examples
        : subset(examples, { size: limit, seed: training.subsetSeed });
    return { examples: kept, tokenized: tokenizeExamples(kept, tokenizer, { maxLength }) };
  };
  const { selectionRows, subsetSeed } = training;
  const parts =
    selectionRows === 0
      ? { train: loaded.train, selection: [] }
      : selectionSplit(loaded.train, { size: selectionRows, seed: subsetSeed });
  const selection = split(parts.selection, null);
  const train = split(parts.train, training.trainLimit);
  const dev = split(loaded.dev, training.devLimit);
  const further = loaded.further.map(({ name, examples }) => ({
    name,
    ...split(examples, training.devLimit),
  }));
  const hidden =
    spec.submission === true
      ? await prepareHiddenSplits(task, spec.dataFolder, (examples) => split(examples, null))
      : null;
  const { batchSize } = training;
  // One choice for all splits, so that a run has at most as many graphs as there are buckets.
  const lengths = [train, selection, dev, ...further].flatMap(({ tokenized }) => [...tokenized.lengths]);
  const buckets = chooseBuckets(lengths, { maxLength, batchSize, maxBuckets: training.maxBuckets });
  const stepsPerEpoch = batchesPerEpoch(train.tokenized.lengths, { batchSize, buckets });
  const totalSteps = stepsPerEpoch * training.epochs;

  const { architecture, config, headParameters } = pretrained;
  const model: ModelShape = { architecture, config, head, headParameters };
  const spectra = spectraOf(pretrained.values, caches.spectra);
  const attachment = attachMethod(method, model, spec.cell.config.method, { totalSteps, spectra });
  const rows = {
    train: train.examples.length,
    selection: selection.examples.length,
    dev: dev.examples.length,
  };
  const { source, revision, checksum, files } = loaded.provenance;
  return {
    task,
    model,
    base: pretrained.values,
    spectra,
    caches,
    attachment,
    counts: countParameters(model, attachment, totalSteps),
    train,
    selection,
    dev,
    further,
    hidden,
    buckets,
    stepsPerEpoch,
    totalSteps,
    padTokenId: tokenizer.padTokenId,
    work: classificationWork(task, tokenizer.padTokenId, caches.baselines),
    data: { source, origin: task.origin, revision, checksum, rows, files: [...files] },
    weights: await weightsOf(spec.modelFolder, pretrained.checksum),
    warnings: [
      ...loaded.provenance.warnings,
      ...pretrained.warnings,
      ...truncationWarning("training", train.tokenized.truncatedCount, maxLength),
      ...truncationWarning("dev", dev.tokenized.truncatedCount, maxLength),
      ...further.flatMap(({ name, tokenized }) =>
        truncationWarning(name, tokenized.truncatedCount, maxLength),
      ),
      ...(hidden?.missing ?? []),
    ],
  };
}

/** Repository and commit of a snapshot of the hub; of other folders their own name alone, as paths mean nothing elsewhere. */
async function weightsOf(folder: string, checksum: string): Promise<ResultWeights> {
  const origin = await hubOriginOf(folder, checksum);
  return origin === null
    ? { source: `folder ${basename(folder)}`, revision: null, checksum }
    : { source: `Hugging Face hub, ${origin.name}`, revision: origin.commit, checksum };
}

/** The models' tokenizer in the form that batching needs. */
export function sequenceTokenizer(tokenizer: Tokenizer): SequenceTokenizer {
  return {
    padTokenId: tokenizer.padId,
    encode: (text, pair, { maxLength }) => {
      const { ids, typeIds, truncated } = tokenizer.encode(text, pair, { maxLength });
      return { inputIds: ids, typeIds, truncated };
    },
  };
}

function requireSame(what: string, place: string, found: string, expected: string): void {
  if (found === expected) return;
  throw new Error(
    `${what} in ${place} changed since the grid was planned: its sha256 is ${found}, ${expected} was expected. ` +
      "Start the command again.",
  );
}

function truncationWarning(split: string, count: number, maxLength: number): readonly string[] {
  return count === 0 ? [] : [`${count} ${split} examples were cut to ${maxLength} tokens.`];
}
