import { TaskArgumentError } from "../errors.ts";
import type { Example } from "../task.ts";

/** Token numbers of one sentence or pair with its special tokens; both lists have the same length. */
export interface EncodedSequence {
  readonly inputIds: ArrayLike<number>;
  /** 0 for the first sentence, 1 for the second. */
  readonly typeIds: ArrayLike<number>;
  /** Whether tokens were cut off to keep within the length asked for. */
  readonly truncated: boolean;
}

/** What batching needs of a tokenizer. */
export interface SequenceTokenizer {
  readonly padTokenId: number;
  /** Adds special tokens and cuts to at most `maxLength` tokens with them. */
  encode(text: string, pair: string | undefined, options: { readonly maxLength: number }): EncodedSequence;
}

/** An example as the model takes it; `inputIds` and `typeIds` have shape [length]. */
export interface TokenizedExample {
  readonly inputIds: Int32Array;
  readonly typeIds: Int32Array;
  readonly label: number;
}

/** Examples in their order, and how many of them had to be cut to the greatest length. */
export interface TokenizedExamples {
  readonly examples: readonly TokenizedExample[];
  /** Numbers of tokens, shape [examples]. */
  readonly lengths: Int32Array;
  readonly truncatedCount: number;
}

/**
 * Tokenizes every example.
 * @throws {TaskArgumentError} where the tokenizer gives no token, more than `maxLength`, or lists of unequal length
 */
export function tokenizeExamples(
  examples: readonly Example[],
  tokenizer: SequenceTokenizer,
  options: { readonly maxLength: number },
): TokenizedExamples {
  let truncatedCount = 0;
  const tokenized = examples.map((example): TokenizedExample => {
    const encoded = tokenizer.encode(example.text, example.pair, options);
    const length = encoded.inputIds.length;
    if (length < 1 || length > options.maxLength || encoded.typeIds.length !== length) {
      throw new TaskArgumentError(
        `The tokenizer gave ${length} tokens and ${encoded.typeIds.length} type ids for example ${example.id}; ` +
          `expected from 1 to ${options.maxLength} of each, as many of one as of the other. Check its truncation.`,
      );
    }
    if (encoded.truncated) truncatedCount++;
    return {
      inputIds: Int32Array.from(encoded.inputIds),
      typeIds: Int32Array.from(encoded.typeIds),
      label: example.label,
    };
  });
  return {
    examples: tokenized,
    lengths: Int32Array.from(tokenized, (example) => example.inputIds.length),
    truncatedCount,
  };
}
