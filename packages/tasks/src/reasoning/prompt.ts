import { z } from "zod";
import aqua from "./prompts/aqua.json" with { type: "json" };
import arcChallenge from "./prompts/arc_challenge.json" with { type: "json" };
import arcEasy from "./prompts/arc_easy.json" with { type: "json" };
import boolq from "./prompts/boolq.json" with { type: "json" };
import instruction from "./prompts/instruction.json" with { type: "json" };
import mathWord from "./prompts/math_word.json" with { type: "json" };
import mawps from "./prompts/mawps.json" with { type: "json" };
import openbookqa from "./prompts/openbookqa.json" with { type: "json" };
import piqa from "./prompts/piqa.json" with { type: "json" };
import socialIqa from "./prompts/social_iqa.json" with { type: "json" };
import winogrande from "./prompts/winogrande.json" with { type: "json" };
import type { NumberExample } from "./task.ts";

const promptSchema = z.strictObject({
  id: z.string().min(1),
  /** Goes up with every change of a template; results name it. */
  version: z.int().positive(),
  /** Where the templates are from, and where they differ from it. */
  source: z.string().min(1),
  /** What the model is given. */
  context: z.string().min(1),
  /** What is scored, or learned, behind it. */
  continuation: z.string().min(1),
});

/** Templates of a task's text; `{name}` stands for a field. */
export type Prompt = Readonly<z.infer<typeof promptSchema>>;

/** What the model is given, and what is scored or learned behind it. */
export interface PromptText {
  readonly context: string;
  readonly continuation: string;
}

const prompts: ReadonlyMap<string, Prompt> = new Map(
  [
    aqua,
    arcChallenge,
    arcEasy,
    boolq,
    instruction,
    mathWord,
    mawps,
    openbookqa,
    piqa,
    socialIqa,
    winogrande,
  ].map((json) => {
    const prompt = promptSchema.parse(json);
    return [prompt.id, prompt] as const;
  }),
);

/** @throws {RangeError} for an id that no prompt file has */
export function findPrompt(id: string): Prompt {
  const prompt = prompts.get(id);
  if (prompt !== undefined) return prompt;
  throw new RangeError(`No prompt ${JSON.stringify(id)}; expected one of ${[...prompts.keys()].join(", ")}.`);
}

/**
 * The text of each option, in their order. Templates may use `{question}`, `{option}`, and, for a sentence with one
 * blank `_`, the text around it as `{before}` and `{after}`.
 */
export function renderOptions(
  prompt: Prompt,
  { question, options }: { readonly question: string; readonly options: readonly string[] },
): readonly PromptText[] {
  const [before, after, ...others] = question.split("_");
  const blank = after === undefined || others.length > 0 ? {} : { before: before ?? "", after: after.trim() };
  return options.map((option) => renderPrompt(prompt, { question, option, ...blank }));
}

/**
 * The text of a question whose answer is a number: `{question}`, `{solution}` and `{answer}`.
 * @returns `continuation` is null where there is no solution to learn
 */
export function renderNumber(
  prompt: Prompt,
  { question, solution, answer }: Omit<NumberExample, "id">,
): { readonly context: string; readonly continuation: string | null } {
  const text = renderPrompt(prompt, { question, solution: solution ?? "", answer: String(answer) });
  return { context: text.context, continuation: solution === null ? null : text.continuation };
}

/**
 * Puts fields into both templates.
 * @throws {RangeError} where a template names a field that is not given
 */
export function renderPrompt(prompt: Prompt, fields: Readonly<Record<string, string>>): PromptText {
  const fill = (template: string): string =>
    template.replace(/\{(\w+)\}/g, (_, name: string) => {
      const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
      if (value !== undefined) return value;
      throw new RangeError(
        `Prompt ${prompt.id} needs {${name}}; given are ${Object.keys(fields).join(", ") || "no fields"}.`,
      );
    });
  return { context: fill(prompt.context), continuation: fill(prompt.continuation) };
}
