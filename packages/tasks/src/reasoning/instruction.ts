/**
 * How LLM-Adapters writes a question and its options as one text. `options` numbers them (`Answer1: ... Answer2: ...`),
 * `trueFalse` has none, `letters` has `(A) ... (B) ...`.
 */
export type InstructionForm =
  | {
      readonly kind: "options";
      /** All that stands before the question. */
      readonly opening: string;
      /** `Answer`, of `Answer1: `. */
      readonly optionName: string;
      readonly betweenOptions: string;
      readonly afterOptions: string;
    }
  | { readonly kind: "trueFalse"; readonly opening: string }
  | { readonly kind: "letters" };

export interface InstructionParts {
  readonly question: string;
  readonly options: readonly string[];
}

const TRUE_FALSE_END = "?\n\nAnswer format: true/false";
const LETTERS_START = " Answer Choices: ";
const LETTERS = ["A", "B", "C", "D", "E"] as const;
/** Options of a yes/no question, in the order of lm-evaluation-harness. */
const NO_YES = ["no", "yes"] as const;

/** Why an instruction's text cannot be taken apart: what is in it, and what was to be in it. */
export class InstructionFormError extends Error {
  override readonly name = "InstructionFormError";
  readonly found: string;
  readonly expected: string;

  constructor(found: string, expected: string) {
    super(`found ${found}; expected ${expected}`);
    this.found = found;
    this.expected = expected;
  }
}

/**
 * Takes an instruction apart. Only a text that {@link writeInstruction} writes back letter by letter is accepted, so
 * nothing is guessed: an option marker that occurs twice is an error.
 * @throws {InstructionFormError}
 */
export function parseInstruction(form: InstructionForm, text: string): InstructionParts {
  const parts = partsOf(form, text);
  if (parts.question.trim() === "") throw new InstructionFormError("an empty question", "a question");
  const empty = parts.options.findIndex((option) => option.trim() === "");
  if (empty !== -1) throw new InstructionFormError(`an empty option ${empty + 1}`, "text in every option");
  return parts;
}

/** An instruction as LLM-Adapters writes it. */
export function writeInstruction(form: InstructionForm, { question, options }: InstructionParts): string {
  if (form.kind === "trueFalse") return `${form.opening}${question}${TRUE_FALSE_END}`;
  if (form.kind === "letters") {
    return `${question}${LETTERS_START}${options.map((text, index) => `(${LETTERS[index]}) ${text}`).join(" ")}`;
  }
  const { opening, optionName, betweenOptions, afterOptions } = form;
  const listed = options.map((text, index) => `${optionName}${index + 1}: ${text}`).join(betweenOptions);
  return `${opening}${question}\n\n${listed}${afterOptions}Answer format: ${answerNames(form, options.length).join("/")}`;
}

/** What LLM-Adapters calls the options of a question, in their order: `answer1`, `false`, `A`. */
export function answerNames(form: InstructionForm, optionCount: number): readonly string[] {
  if (form.kind === "trueFalse") return ["false", "true"];
  if (form.kind === "letters") return LETTERS.slice(0, optionCount);
  const name = form.optionName.toLowerCase();
  return Array.from({ length: optionCount }, (_, index) => `${name}${index + 1}`);
}

/**
 * The option that a generated text names, as LLM-Adapters' evaluation reads it: the first name of an option in it. Of
 * letters, the last one in brackets or behind "answer is", since a bare A is a word.
 * @returns its position, or null where the text names none
 */
export function readChosenOption(form: InstructionForm, optionCount: number, text: string): number | null {
  const names = answerNames(form, optionCount);
  const chosen =
    form.kind === "letters"
      ? [...text.matchAll(/(?:\(|answer is:? ?\(?)([A-E])\b/g)].at(-1)?.[1]
      : form.kind === "trueFalse"
        ? /true|false/.exec(text)?.[0]
        : new RegExp(`${form.optionName.toLowerCase()}[1-5]`).exec(text)?.[0];
  const index = names.indexOf(chosen ?? "");
  return index === -1 ? null : index;
}

function partsOf(form: InstructionForm, text: string): InstructionParts {
  if (form.kind === "trueFalse") {
    return { question: between(text, form.opening, TRUE_FALSE_END), options: NO_YES };
  }
  if (form.kind === "letters") {
    const [question, rest] = splitOnce(text, LETTERS_START);
    return {
      question,
      options: splitOptions(
        rest,
        LETTERS.map((letter) => `(${letter}) `),
        " ",
      ),
    };
  }
  const { opening, optionName, betweenOptions, afterOptions } = form;
  const formatStart = `${afterOptions}Answer format: `;
  const [body, format] = splitOnce(between(text, opening, ""), formatStart);
  const names = answerNames(form, format.split("/").length);
  if (names.length < 2 || names.join("/") !== format) {
    throw new InstructionFormError(
      `the answer format ${JSON.stringify(format)}`,
      `${answerNames(form, 2).join("/")} and so on`,
    );
  }
  const [question, rest] = splitOnce(body, `\n\n${optionName}1: `);
  const markers = names.map((_, index) => `${optionName}${index + 1}: `);
  return { question, options: splitOptions(`${markers[0]}${rest}`, markers, betweenOptions) };
}

function splitOptions(text: string, markers: readonly string[], separator: string): readonly string[] {
  const [first = "", ...others] = markers;
  const options: string[] = [];
  let rest = between(text, first, "");
  for (const marker of others) {
    const [option, next] = splitOnce(rest, separator + marker);
    options.push(option);
    rest = next;
  }
  return [...options, rest];
}

function between(text: string, start: string, end: string): string {
  if (!text.startsWith(start)) {
    throw new InstructionFormError(JSON.stringify(text.slice(0, start.length)), JSON.stringify(start));
  }
  if (!text.endsWith(end) || text.length < start.length + end.length) {
    throw new InstructionFormError(
      JSON.stringify(text.slice(-end.length)),
      `${JSON.stringify(end)} at the end`,
    );
  }
  return text.slice(start.length, text.length - end.length);
}

function splitOnce(text: string, separator: string): readonly [string, string] {
  const parts = text.split(separator);
  if (parts.length !== 2) {
    throw new InstructionFormError(
      `${JSON.stringify(separator)} ${parts.length - 1} times in ${JSON.stringify(text.slice(0, 80))}`,
      "it once",
    );
  }
  return [parts[0] ?? "", parts[1] ?? ""];
}
