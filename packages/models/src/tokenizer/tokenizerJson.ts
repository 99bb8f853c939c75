import { z } from "zod";
import { TokenizerError } from "./errors.ts";

const partSchema = z.looseObject({ type: z.string() }).nullish();

const addedTokenSchema = z
  .object({
    id: z.int().nonnegative(),
    content: z.string().min(1),
    single_word: z.boolean().default(false),
    lstrip: z.boolean().default(false),
    rstrip: z.boolean().default(false),
    normalized: z.boolean().optional(),
    special: z.boolean().default(false),
  })
  .transform((token) => ({ ...token, normalized: token.normalized ?? !token.special }));

const tokenizerJsonSchema = z.looseObject({
  added_tokens: z
    .array(addedTokenSchema)
    .nullish()
    .transform((tokens) => tokens ?? []),
  normalizer: partSchema,
  pre_tokenizer: partSchema,
  post_processor: z.unknown().optional(),
  decoder: partSchema,
  model: z.looseObject({
    // Older files leave it out where the other fields show it.
    type: z.string().optional(),
    vocab: z.union([z.record(z.string(), z.int()), z.array(z.tuple([z.string(), z.number()]))]),
  }),
});

/** The parts of a tokenizer.json that are looked at here; the tokenizer library reads the rest. */
export type TokenizerJson = z.infer<typeof tokenizerJsonSchema>;

/** @throws {TokenizerError} `bad-tokenizer` */
export function checkTokenizerJson(value: unknown, file: string): TokenizerJson {
  const parsed = tokenizerJsonSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new TokenizerError({
    code: "bad-tokenizer",
    file,
    found: `${issue?.path.join(".") || "the whole"}: ${issue?.message}`,
    expected: "a tokenizer.json of the tokenizers library",
    remedy: "Download it again, or save the tokenizer anew with a current version of transformers.",
  });
}

/** One more than the greatest id, of the vocabulary and the added tokens. */
export function countIds({ model, added_tokens: addedTokens }: TokenizerJson): number {
  const ids = Array.isArray(model.vocab) ? [model.vocab.length - 1] : Object.values(model.vocab);
  let greatest = -1;
  for (const id of ids) greatest = Math.max(greatest, id);
  for (const { id } of addedTokens) greatest = Math.max(greatest, id);
  return greatest + 1;
}
