import { TokenizerError } from "../errors.ts";

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
