import { loadTokenizer } from "@peftbench/models";
import type { PeftMethod } from "@peftbench/peft";
import type { ChoiceExample, ChoiceTask, TokenizedExample } from "@peftbench/tasks";
import { findPrompt, heldOut, loadChoices } from "@peftbench/tasks";
import type { CellSpec } from "../grid/cellSpec.ts";
import { requireSelectable } from "../selectionConfig.ts";
import type { PreparedCell, PreparedSplit } from "../training/assemble.ts";
import { assembleCell, limited, loadModel, requireSame, truncationWarning } from "../training/assemble.ts";
import type { ChoiceItem } from "./choiceItems.ts";
import { choiceChecksum, choiceItem } from "./choiceItems.ts";
import { CHOICE_METRICS, choiceWork, rightOption } from "./choiceWork.ts";

/** Loads the model and the questions of a cell as a language model's, and attaches the method. */
export async function prepareChoiceCell(
  spec: CellSpec,
  task: ChoiceTask,
  method: PeftMethod,
): Promise<PreparedCell> {
  const { training } = spec.cell.config;
  requireSelectable(training);
  const base = await loadModel(spec, { kind: "languageModel" });
  if (spec.dataFolder === null) throw new Error(`${task.id} needs a data folder; found none.`);
  const loaded = await loadChoices(task, spec.dataFolder);
  const prompt = findPrompt(task.prompt);
  requireSame(`the data of ${task.id}`, spec.dataFolder, choiceChecksum(loaded, prompt), spec.dataChecksum);
  const tokenizer = await loadTokenizer(spec.modelFolder);
  const maxLength = Math.min(training.maxLength, base.maxLength);
  const itemsOf = new Map<PreparedSplit, readonly ChoiceItem[]>();
  const split = (examples: readonly ChoiceExample[], limit: number | null): PreparedSplit => {
    const kept = limited(examples, limit, training.subsetSeed);
    const items = kept.map((example) => choiceItem(example, prompt, tokenizer, maxLength));
    const prepared = preparedSplit(kept, items);
    itemsOf.set(prepared, items);
    return prepared;
  };
  const { selectionRows, subsetSeed: seed } = training;
  const parts = heldOut(loaded.splits.train ?? [], { size: selectionRows, seed });
  const train = split(parts.train, training.trainLimit);
  const selection = split(parts.selection, null);
  const dev = split(loaded.splits[task.reported] ?? [], training.devLimit);
  const known = (of: PreparedSplit): readonly ChoiceItem[] => itemsOf.get(of) ?? [];
  const scored = [selection, dev].flatMap(known).flatMap(({ options }) => options);
  return assembleCell(spec, method, base, {
    ...{ train, selection, dev, further: [], hidden: null, maxLength },
    scoredLengths: scored.map(({ ids }) => ids.length),
    primaryMetric: CHOICE_METRICS.plain,
    padTokenId: tokenizer.padId,
    work: choiceWork(known, tokenizer.padId),
    provenance: {
      source: `${task.title}, ${task.reported} split reported, prompt ${prompt.id} version ${prompt.version}`,
      origin: "published",
      revision: null,
      checksum: spec.dataChecksum,
      files: [...loaded.files],
    },
    warnings: [
      ...loaded.warnings,
      ...truncationWarning("training", train.tokenized.truncatedCount, maxLength),
      ...truncationWarning("reported", dev.tokenized.truncatedCount, maxLength),
    ],
  });
}

/** What a run keeps of questions: their text with the options, and the tokens that are learned from each. */
function preparedSplit(examples: readonly ChoiceExample[], items: readonly ChoiceItem[]): PreparedSplit {
  const tokenized = items.map((item): TokenizedExample => {
    const inputIds = Int32Array.from(rightOption(item).ids);
    return { inputIds, typeIds: new Int32Array(inputIds.length), label: item.answer };
  });
  return {
    examples: examples.map(({ id, question, options, answer }) => ({
      ...{ id, text: question, pair: options.join(" / "), label: answer },
    })),
    tokenized: {
      examples: tokenized,
      lengths: Int32Array.from(tokenized, ({ inputIds }) => inputIds.length),
      truncatedCount: items.filter(({ truncated }) => truncated).length,
    },
  };
}
