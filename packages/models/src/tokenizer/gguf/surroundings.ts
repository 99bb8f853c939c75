import { TokenizerError } from "../errors.ts";

/** Whether a token opens or closes every text, and which. */
export interface Surroundings {
  /** Null for none. */
  readonly before: SurroundingToken | null;
  readonly after: SurroundingToken | null;
}

export interface SurroundingToken {
  readonly content: string;
  readonly id: number;
}

/** The `post_processor` of a tokenizer.json that puts tokens around each sequence. */
export function surroundingTemplate({ before, after }: Surroundings): unknown {
  if (before === null && after === null) return null;
  const special = (token: SurroundingToken | null, typeId: number): unknown[] =>
    token === null ? [] : [{ SpecialToken: { id: token.content, type_id: typeId } }];
  const sequence = (name: "A" | "B", typeId: number): unknown[] => [
    ...special(before, typeId),
    { Sequence: { id: name, type_id: typeId } },
    ...special(after, typeId),
  ];
  const tokens = [before, after].filter((token) => token !== null);
  return {
    type: "TemplateProcessing",
    single: sequence("A", 0),
    pair: [...sequence("A", 0), ...sequence("B", 1)],
    special_tokens: Object.fromEntries(
      tokens.map(({ content, id }) => [content, { id: content, ids: [id] }]),
    ),
  };
}

/**
 * Ids by token, where a token's place is its id.
 * @throws {TokenizerError} `bad-tokenizer` where two ids have one text
 */
export function idsOf(tokens: readonly string[], file: string): ReadonlyMap<string, number> {
  const ids = new Map<string, number>();
  for (const [id, token] of tokens.entries()) {
    const other = ids.get(token);
    if (other !== undefined)
      throw badVocabulary(file, `ids ${other} and ${id} for ${JSON.stringify(token)}`, "one id each");
    ids.set(token, id);
  }
  return ids;
}

export function badVocabulary(file: string, found: string, expected: string): TokenizerError {
  return new TokenizerError({
    code: "bad-tokenizer",
    file,
    found,
    expected,
    remedy:
      "The file is damaged; download it again, or put tokenizer.json of the model beside it and give the folder of both.",
  });
}
