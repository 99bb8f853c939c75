import { createHash } from "node:crypto";
import type { Tokenizer } from "@peftbench/models";
import type { ChoiceExample, LoadedChoices, Prompt } from "@peftbench/tasks";
import { renderOptions } from "@peftbench/tasks";
import type { LanguageExample } from "../language/languageBatch.ts";

/** A question as a model reads it: its context with each option behind. */
export interface ChoiceItem {
  readonly options: readonly LanguageExample[];
  /** Characters of each option's text, that likelihoods are divided by. */
  readonly optionCharacters: readonly number[];
  readonly answer: number;
  /** Whether a context was cut from its beginning, to fit. */
  readonly truncated: boolean;
}

/**
 * Tokens of a question's options. Context and option are read as one text, as they stand in it: what the context alone
 * would be is the prompt (lm-evaluation-harness does the same).
 * @param maxLength most tokens; more are cut off at the context's beginning
 * @throws {RangeError} for an option that leaves no room for its context
 */
export function choiceItem(
  example: ChoiceExample,
  prompt: Prompt,
  tokenizer: Pick<Tokenizer, "encode">,
  maxLength: number,
): ChoiceItem {
  const texts = renderOptions(prompt, example);
  let truncated = false;
  const options = texts.map(({ context, continuation }): LanguageExample => {
    const promptLength = tokenizer.encode(context).ids.length;
    const whole = tokenizer.encode(context + continuation).ids;
    const excess = Math.max(0, whole.length - maxLength);
    if (excess >= promptLength || promptLength >= whole.length) {
      throw new RangeError(
        `Example ${example.id}: the option ${JSON.stringify(continuation)} has ${whole.length - promptLength} tokens behind ${promptLength} of its context; expected at least one of each within ${maxLength}. Raise training.maxLength.`,
      );
    }
    truncated ||= excess > 0;
    return { ids: whole.slice(excess), promptLength: promptLength - excess };
  });
  const optionCharacters = texts.map(({ continuation }) => [...continuation.trimStart()].length);
  return { options, optionCharacters, answer: example.answer, truncated };
}

/** sha256 of what a task's examples are to a model: its files, and the prompt that makes text of them. */
export function choiceChecksum({ checksum }: Pick<LoadedChoices, "checksum">, prompt: Prompt): string {
  return createHash("sha256")
    .update(`${checksum}\n${JSON.stringify(prompt)}\n`)
    .digest("hex");
}
