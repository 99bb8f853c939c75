import type { Random } from "@peftbench/runtime";
import type { Sampling } from "./chooseToken.ts";
import { drawToken, mostLikely } from "./chooseToken.ts";
import type { Generator } from "./generator.ts";

export interface GenerateOptions {
  readonly newTokens: number;
  /** A row ends behind any of them. */
  readonly endTokens: readonly number[];
  /** Null: the most likely token each time. */
  readonly sampling: { readonly how: Sampling; readonly random: Random } | null;
}

/**
 * Goes on from prompts, a token of every row at a time, until each has ended or the room is used up.
 * @returns the new tokens of each row, without what ended it
 */
export async function generate(
  generator: Generator,
  prompts: readonly (readonly number[])[],
  { newTokens, endTokens, sampling }: GenerateOptions,
): Promise<readonly (readonly number[])[]> {
  const made: number[][] = prompts.map(() => []);
  const ended = prompts.map(() => false);
  let logits = await generator.readPrompts(prompts);
  for (let step = 0; step < newTokens; step++) {
    const vocabulary = logits.length / prompts.length;
    const tokens = prompts.map((_, row) => {
      const own = logits.subarray(row * vocabulary, (row + 1) * vocabulary);
      return sampling === null ? mostLikely(own) : drawToken(own, sampling.how, sampling.random);
    });
    tokens.forEach((token, row) => {
      if (endTokens.includes(token)) ended[row] = true;
      if (ended[row] === false) (made[row] as number[]).push(token);
    });
    if (ended.every(Boolean) || step === newTokens - 1) break;
    logits = await generator.readTokens(tokens);
  }
  return made;
}
