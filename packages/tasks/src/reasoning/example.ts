import { DatasetError } from "../errors.ts";
import type { InstructionParts } from "./instruction.ts";
import { answerNames, InstructionFormError, parseInstruction } from "./instruction.ts";
import type { JsonRow } from "./rows.ts";
import type { ChoiceExample, ChoiceTask, NumberExample, NumberTask } from "./task.ts";

/**
 * A row in LLM-Adapters' form as a question with options.
 * @throws {DatasetError} `missing-column`, `wrong-column-type`, `bad-instruction` or `unknown-label`
 */
export function readChoiceRow(task: ChoiceTask, row: JsonRow, file: string): Omit<ChoiceExample, "id"> {
  const parts = instructionOf(task, row, file);
  const names = answerNames(task.form, parts.options.length);
  const named = textOf(row, "answer", file);
  const answer = names.indexOf(named);
  if (answer === -1) {
    throw rowError("unknown-label", row, file, `the answer ${JSON.stringify(named)}`, names.join(" or "));
  }
  return { ...parts, answer };
}

/**
 * A row as a question with a number for its answer. LLM-Adapters' `output` is never a solution: a model wrote it, and
 * many are wrong.
 * @throws {DatasetError} `missing-column`, `wrong-column-type`, `empty-text` or `unknown-label`
 */
export function readNumberRow({ form }: NumberTask, row: JsonRow, file: string): Omit<NumberExample, "id"> {
  switch (form) {
    case "gsm8k": {
      const solution = textOf(row, "answer", file);
      const [, written] = /\n#### (.+)$/.exec(solution) ?? [];
      return {
        question: textOf(row, "question", file),
        solution,
        answer: numberIn(written ?? solution.slice(-40), row, "answer", file, 'a last line "#### <number>"'),
      };
    }
    case "mawps":
      return {
        question: textOf(row, "original_text", file),
        solution: textOf(row, "equation", file),
        answer: numberOf(row, "ans", file),
      };
    case "instruction":
      return {
        question: textOf(row, "instruction", file),
        solution: null,
        answer: numberOf(row, "answer", file),
      };
  }
}

function instructionOf(task: ChoiceTask, row: JsonRow, file: string): InstructionParts {
  try {
    return parseInstruction(task.form, textOf(row, "instruction", file));
  } catch (cause) {
    if (!(cause instanceof InstructionFormError)) throw cause;
    throw rowError("bad-instruction", row, file, cause.found, cause.expected);
  }
}

function textOf(row: JsonRow, field: string, file: string): string {
  const value = fieldOf(row, field, file);
  if (typeof value !== "string") {
    throw rowError("wrong-column-type", row, file, `${field}: ${JSON.stringify(value)}`, "text");
  }
  if (value.trim() !== "") return value;
  throw rowError("empty-text", row, file, `an empty ${field}`, "text");
}

/** Some copies have the number as text. */
function numberOf(row: JsonRow, field: string, file: string): number {
  const value = fieldOf(row, field, file);
  return typeof value === "number" ? value : numberIn(textOf(row, field, file), row, field, file, "a number");
}

function numberIn(text: string, row: JsonRow, field: string, file: string, expected: string): number {
  if (/^-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?$/.test(text)) return Number(text.replaceAll(",", ""));
  throw rowError("unknown-label", row, file, `${field}: ${JSON.stringify(text)}`, expected);
}

function fieldOf(row: JsonRow, field: string, file: string): unknown {
  if (Object.hasOwn(row.fields, field)) return row.fields[field];
  const fields = Object.keys(row.fields).join(", ");
  throw rowError("missing-column", row, file, `the fields ${fields}`, `a field ${field}`);
}

function rowError(
  code: DatasetError["code"],
  { line }: JsonRow,
  file: string,
  found: string,
  expected: string,
): DatasetError {
  return new DatasetError({
    code,
    file,
    line,
    found,
    expected,
    remedy: "Correct the row, or get the file again and compare its checksum with the dataset card.",
  });
}
