import type { HeadSpec, Tokenizer } from "@peftbench/models";
import { loadTokenizer } from "@peftbench/models";
import type { PeftMethod } from "@peftbench/peft";
import type { Example, SequenceTokenizer, TaskDefinition } from "@peftbench/tasks";
import { heldOut, loadTask, tokenizeExamples } from "@peftbench/tasks";
import type { CellSpec } from "../grid/cellSpec.ts";
import { requireSelectable } from "../selectionConfig.ts";
import type { PreparedCell, PreparedSplit } from "./assemble.ts";
import { assembleCell, limited, loadModel, requireSame, truncationWarning } from "./assemble.ts";
import { classificationWork } from "./classificationWork.ts";
import { prepareHiddenSplits } from "./submission.ts";

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
  const base = await loadModel(spec, head);
  const { maxLength: longest, caches } = base;
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
  const maxLength = Math.min(training.maxLength, longest);
  const split = (examples: readonly Example[], limit: number | null): PreparedSplit => {
    const kept = limited(examples, limit, training.subsetSeed);
    return { examples: kept, tokenized: tokenizeExamples(kept, tokenizer, { maxLength }) };
  };
  const { selectionRows, subsetSeed } = training;
  const parts = heldOut(loaded.train, { size: selectionRows, seed: subsetSeed });
  const further = loaded.further.map(({ name, examples }) => ({
    name,
    ...split(examples, training.devLimit),
  }));
  const { source, revision, checksum, files } = loaded.provenance;
  const splits = {
    train: split(parts.train, training.trainLimit),
    selection: split(parts.selection, null),
    dev: split(loaded.dev, training.devLimit),
    further,
  };
  const hidden =
    spec.submission === true
      ? await prepareHiddenSplits(task, spec.dataFolder, (examples) => split(examples, null))
      : null;
  return assembleCell(spec, method, base, {
    ...splits,
    hidden,
    maxLength,
    scoredLengths: [splits.selection, splits.dev, ...further].flatMap(({ tokenized }) => [
      ...tokenized.lengths,
    ]),
    primaryMetric: task.metrics.primary,
    padTokenId: tokenizer.padTokenId,
    work: classificationWork(task, tokenizer.padTokenId, caches.baselines),
    provenance: { source, origin: task.origin, revision, checksum, files: [...files] },
    warnings: [
      ...loaded.provenance.warnings,
      ...truncationWarning("training", splits.train.tokenized.truncatedCount, maxLength),
      ...truncationWarning("dev", splits.dev.tokenized.truncatedCount, maxLength),
      ...further.flatMap(({ name, tokenized }) =>
        truncationWarning(name, tokenized.truncatedCount, maxLength),
      ),
      ...(hidden?.missing ?? []),
    ],
  });
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
