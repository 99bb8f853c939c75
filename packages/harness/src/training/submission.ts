import type { Example, LoadedTestSplit, TaskDefinition } from "@peftbench/tasks";
import { readTestSplits, submissionText } from "@peftbench/tasks";
import type { CellContext, SubmissionFile } from "../grid/executeCell.ts";
import type { ResultSubmission } from "../result/submission.ts";
import type { PreparedCell, PreparedSplit } from "./assemble.ts";
import { predictSplit } from "./evaluate.ts";
import type { Trainer } from "./trainer.ts";

/** Hidden splits that predictions are asked for, as text and as tokens; null where none are asked for. */
export interface HiddenSplits {
  readonly task: TaskDefinition;
  readonly splits: readonly (PreparedSplit & { readonly source: LoadedTestSplit })[];
  /** One sentence for each submission file that cannot be made. */
  readonly missing: readonly string[];
}

/**
 * Loads a task's hidden splits. They take no part in anything that decides how the model is trained: neither in the
 * choice of lengths nor in the data's checksum.
 */
export async function prepareHiddenSplits(
  task: TaskDefinition,
  dataFolder: string | null,
  prepareSplit: (examples: readonly Example[]) => PreparedSplit,
): Promise<HiddenSplits> {
  const { splits, missing } = await readTestSplits(task, dataFolder ?? undefined);
  return {
    task,
    splits: splits.map((source) => {
      // Nobody here knows the labels; batches have some, which an evaluation's graph does not read.
      const examples = source.examples.map(({ index, ...texts }) => ({ id: index, ...texts, label: 0 }));
      return { source, ...prepareSplit(examples) };
    }),
    missing,
  };
}

/** What is handed in, and what a result says of it. */
export interface Submission {
  readonly submission: ResultSubmission | null;
  readonly submissionFiles: readonly SubmissionFile[];
}

/** The model's answers on hidden splits, as the files that GLUE's server takes. */
export async function answerHiddenSplits(
  context: CellContext,
  prepared: PreparedCell,
  trainer: Trainer,
): Promise<Submission> {
  const { hidden, buckets } = prepared;
  if (hidden === null) return { submission: null, submissionFiles: [] };
  const { task } = hidden;
  const submission: ResultSubmission = { files: [], missing: [...hidden.missing] };
  const submissionFiles: SubmissionFile[] = [];
  for (const { source, ...split } of hidden.splits) {
    const lengths = withLongest(buckets, split.tokenized.lengths);
    const made = await predictSplit(context, { ...prepared, buckets: lengths }, trainer, split);
    const undecided = made.find(({ prediction }) => prediction === null);
    if (undecided !== undefined) {
      const reason = `the model's output for the example ${undecided.exampleId} is not finite`;
      const message = `The submission file ${source.submission} was not made: ${reason}.`;
      submission.missing.push(message);
      context.emit({ type: "warning", message });
      continue;
    }
    const indices = made.map(({ exampleId }) => exampleId);
    const answers = made.map(({ prediction }) => prediction ?? Number.NaN);
    const text = submissionText(task, indices, answers);
    submissionFiles.push({ name: source.submission, text });
    submission.files.push({
      name: source.submission,
      rows: made.length,
      sources: [...source.sources],
    });
  }
  return { submission, submissionFiles };
}

/** The run's lengths, and one more where an example is longer than all that the run has seen. */
function withLongest(buckets: readonly number[], lengths: ArrayLike<number>): readonly number[] {
  const longest = Array.from(lengths).reduce((most, length) => Math.max(most, length), 0);
  return longest > (buckets.at(-1) ?? 0) ? [...buckets, longest] : buckets;
}
