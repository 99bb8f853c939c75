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
