import type { CellSpec } from "@peftbench/harness";
import { choiceItem, limited, rightOption, sequenceTokenizer } from "@peftbench/harness";
import type { HeadSpec, Tokenizer } from "@peftbench/models";
import type { FileCache } from "@peftbench/runtime";
import type { ChoiceTask } from "@peftbench/tasks";
import { findPrompt, findTask, heldOut, loadChoices, loadTask, tokenizeExamples } from "@peftbench/tasks";

/** A split, and the lengths of those of its texts that were looked at, in tokens. */
export interface SplitLengths {
  readonly rows: number;
  readonly lengths: readonly number[];
}

/** How the data of a cell are cut down. */
export interface SplitLimits {
  readonly selectionRows: number;
  readonly seed: number;
  readonly trainLimit: number | null;
  readonly devLimit: number | null;
}

/** The texts of a task as a plan needs them: how long they are, and what a model says of them. */
export interface TaskTexts {
  readonly head: HeadSpec;
  readonly measure: (
    tokenizer: Tokenizer,
    maxLength: number,
    limits: SplitLimits,
  ) => {
    readonly train: SplitLengths;
    readonly selection: SplitLengths;
    readonly scored: readonly SplitLengths[];
  };
}

/** Of longer splits, so many examples are tokenized: enough for a mean. */
const SAMPLE_ROWS = 3000;

/** Labelled texts: classification or regression. */
export async function labelledTexts(spec: CellSpec, cache: FileCache): Promise<TaskTexts> {
  const data = await loadTask(findTask(spec.cell.task), { dataFolder: spec.dataFolder ?? undefined, cache });
  const { task } = data;
  return {
    head:
      task.kind === "classification"
        ? { kind: "classification", labelCount: task.labels.length }
        : { kind: "regression" },
    measure: (tokenizer, maxLength, limits) => {
      const sequences = sequenceTokenizer(tokenizer);
      const lengthsOf = (rows: typeof data.train): readonly number[] => [
        ...tokenizeExamples(rows, sequences, { maxLength }).lengths,
      ];
      const { seed, trainLimit, devLimit, selectionRows: size } = limits;
      const { train, selection } = heldOut(data.train, { size, seed });
      return {
        train: sampled(train, trainLimit, seed, 1, lengthsOf),
        selection: sampled(selection, null, seed, 1, lengthsOf),
        scored: [data.dev, ...data.further.map(({ examples }) => examples)].map((rows) =>
          sampled(rows, devLimit, seed, 1, lengthsOf),
        ),
      };
    },
  };
}

/** Questions with options: what is learned is the right option behind its question, what is scored is each. */
export async function choiceTexts(task: ChoiceTask, spec: CellSpec): Promise<TaskTexts> {
  const { splits } = await loadChoices(task, spec.dataFolder ?? "");
  const prompt = findPrompt(task.prompt);
  return {
    head: { kind: "languageModel" },
    measure: (tokenizer, maxLength, limits) => {
      const items = (rows: NonNullable<typeof splits.train>) =>
        rows.map((row) => choiceItem(row, prompt, tokenizer, maxLength));
      const learned = (rows: NonNullable<typeof splits.train>): readonly number[] =>
        items(rows).map((item) => rightOption(item).ids.length);
      const scored = (rows: NonNullable<typeof splits.train>): readonly number[] =>
        items(rows).flatMap(({ options }) => options.map(({ ids }) => ids.length));
      const { seed, trainLimit, devLimit, selectionRows: size } = limits;
      const { train, selection } = heldOut(splits.train ?? [], { size, seed });
      const reported = splits[task.reported] ?? [];
      const optionsEach = reported[0]?.options.length ?? 1;
      return {
        train: sampled(train, trainLimit, seed, 1, learned),
        selection: sampled(selection, null, seed, optionsEach, scored),
        scored: [sampled(reported, devLimit, seed, optionsEach, scored)],
      };
    },
  };
}

/** @param textsEach texts that a row has, where not all rows are looked at */
function sampled<Row>(
  rows: readonly Row[],
  limit: number | null,
  seed: number,
  textsEach: number,
  lengthsOf: (rows: readonly Row[]) => readonly number[],
): SplitLengths {
  const kept = limited(rows, limit, seed);
  const looked = limited(kept, SAMPLE_ROWS, seed);
  const lengths = lengthsOf(looked);
  return { rows: looked.length === kept.length ? lengths.length : kept.length * textsEach, lengths };
}
