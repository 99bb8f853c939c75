import type { InstructionForm } from "./instruction.ts";

/** A question with its options; the text that is scored comes from a prompt's templates (`prompt.ts`). */
export interface ChoiceExample {
  /** `<split>:<row>`, the row of the split counted from 0. */
  readonly id: string;
  readonly question: string;
  readonly options: readonly string[];
  /** Position of the right one in `options`. */
  readonly answer: number;
}

/** A question whose answer is a number. */
export interface NumberExample {
  /** `<split>:<row>`, the row of the split counted from 0. */
  readonly id: string;
  readonly question: string;
  /** The text to learn; null where the file has none that a person wrote. */
  readonly solution: string | null;
  readonly answer: number;
}

export type ReasoningSplitName = "train" | "dev" | "test";

/** One split as a copy holds it. */
export interface ReasoningSplit {
  /** Names that its file goes by, the usual one first. */
  readonly files: readonly [string, ...string[]];
  /** The publisher's own name of these rows: LLM-Adapters' `test.json` of BoolQ is the published validation split. */
  readonly publishedAs: string;
  /** How many rows were published. */
  readonly rows: number;
}

interface ReasoningTaskBase {
  /** As lm-evaluation-harness names the task, where it has it. */
  readonly id: string;
  readonly title: string;
  /** Its folder inside the data folder, found whatever its case. */
  readonly folder: string;
  readonly splits: Readonly<Partial<Record<ReasoningSplitName, ReasoningSplit>>>;
  /** The split that is scored once and reported; nothing is learned from it or chosen by it. */
  readonly reported: ReasoningSplitName;
  /** Of the templates that its text is put into (`findPrompt`). */
  readonly prompt: string;
  /** Path of the dataset card from the root of the project. */
  readonly datasetCard: string;
}

/** Choose one of the options of a question. */
export interface ChoiceTask extends ReasoningTaskBase {
  readonly kind: "choice";
  readonly form: InstructionForm;
}

/**
 * Where question, solution and answer stand in a row: `gsm8k` has them as `question` and `answer` ("... #### 42"),
 * `mawps` as `original_text`, `equation` and `ans`, `instruction` as `instruction` and `answer`.
 */
export type NumberForm = "gsm8k" | "mawps" | "instruction";

/** Work out a number. */
export interface NumberTask extends ReasoningTaskBase {
  readonly kind: "number";
  readonly form: NumberForm;
}

export type ReasoningTask = ChoiceTask | NumberTask;
