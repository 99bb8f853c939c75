import { z } from "zod";
import { parseTokenizerJson } from "./config.ts";
import { TokenizerError } from "./errors.ts";
import type { TokenizerJson } from "./tokenizerJson.ts";

/** What a special token is for, in the order in which transformers adds those that a vocabulary lacks. */
export const specialTokenRoles = ["bos", "eos", "unk", "sep", "pad", "cls", "mask"] as const;
export type SpecialTokenRole = (typeof specialTokenRoles)[number];

/** A token that is found in the text before anything else happens to it; fields as in tokenizer.json. */
export interface AddedToken {
  readonly content: string;
  /** Counts only where no letter or digit touches it. */
  readonly single_word: boolean;
  /** Takes white space on its left, or right, with it. */
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  /** Is looked for in the normalized text. */
  readonly normalized: boolean;
  readonly special: boolean;
}

/** Tokens that stand beside a vocabulary, in files of their own. */
export interface TokenFiles {
  /** Special tokens that the files name. */
  readonly named: ReadonlyMap<SpecialTokenRole, AddedToken>;
  /** Further tokens, first those with ids of their own, by id. */
  readonly further: readonly { readonly token: AddedToken; readonly id: number | null }[];
}

/** Contents of the files; null where there is none. */
export interface TokenFileTexts {
  /** tokenizer_config.json */
  readonly config: string | null;
  /** special_tokens_map.json */
  readonly specialTokens: string | null;
  /** added_tokens.json */
  readonly addedTokens: string | null;
}

const tokenSchema = z.union([
  z.string(),
  z.looseObject({
    content: z.string(),
    single_word: z.boolean().default(false),
    lstrip: z.boolean().default(false),
    rstrip: z.boolean().default(false),
    normalized: z.boolean().optional(),
    special: z.boolean().optional(),
  }),
]);
type Token = z.infer<typeof tokenSchema>;

const roleShape = Object.fromEntries(
  specialTokenRoles.map((role) => [`${role}_token`, tokenSchema.nullish()]),
);
const mapSchema = z.looseObject({
  ...roleShape,
  additional_special_tokens: z.array(tokenSchema).nullish(),
  // An object gives names to tokens, which nothing here asks for.
  extra_special_tokens: z.union([z.array(tokenSchema), z.record(z.string(), tokenSchema)]).nullish(),
  added_tokens_decoder: z.record(z.string().regex(/^\d+$/), tokenSchema).nullish(),
});
const idsSchema = z.record(z.string(), z.int().nonnegative());

/**
 * Reads the tokens beside a vocabulary as transformers does: where tokenizer_config.json has an
 * `added_tokens_decoder`, it alone counts; else special_tokens_map.json goes before it, and added_tokens.json has ids.
 * @throws {TokenizerError} `bad-json`
 */
export function readTokenFiles(texts: TokenFileTexts, file: string): TokenFiles {
  const config = parse(texts.config, mapSchema, `${file}: tokenizer_config.json`) ?? {};
  const byId = new Map<number, AddedToken>();
  let settings: z.infer<typeof mapSchema> = config;
  if (config.added_tokens_decoder) {
    for (const [id, token] of Object.entries(config.added_tokens_decoder)) {
      byId.set(Number(id), toAddedToken(token, false));
    }
  } else {
    const overrides = parse(texts.specialTokens, mapSchema, `${file}: special_tokens_map.json`) ?? {};
    settings = { ...config, ...overrides };
  }
  const named = new Map<SpecialTokenRole, AddedToken>();
  for (const role of specialTokenRoles) {
    const token = settings[`${role}_token`] as Token | null | undefined;
    if (token) named.set(role, toAddedToken(token, true));
  }
  const extra = settings.extra_special_tokens ?? [];
  const extras = [
    ...(settings.additional_special_tokens ?? []),
    ...(Array.isArray(extra) ? extra : Object.values(extra)),
  ].map((token) => toAddedToken(token, true));
  if (!config.added_tokens_decoder) {
    const special = new Set([...named.values(), ...extras].map(({ content }) => content));
    const ids = parse(texts.addedTokens, idsSchema, `${file}: added_tokens.json`) ?? {};
    for (const [content, id] of Object.entries(ids)) byId.set(id, plainToken(content, special.has(content)));
  }
  const withIds = [...byId].sort(([a], [b]) => a - b).map(([id, token]) => ({ token, id }));
  return { named, further: [...withIds, ...extras.map((token) => ({ token, id: null }))] };
}

/**
 * The added tokens of a tokenizer.json: those of the files, and the special ones by the files' names or else by
 * `defaults`. A token that the vocabulary lacks has the next id after it.
 * @param ownTokens tokens that the vocabulary itself marks as such
 * @throws {TokenizerError} `bad-tokenizer` where a file gives a token another id than it has
 */
export function listAddedTokens(
  vocabulary: ReadonlyMap<string, number>,
  defaults: Readonly<Partial<Record<SpecialTokenRole, string>>>,
  files: TokenFiles,
  file: string,
  ownTokens: readonly AddedToken[] = [],
): TokenizerJson["added_tokens"] {
  const special = new Set<string>();
  const roles: AddedToken[] = [];
  for (const role of specialTokenRoles) {
    const content = defaults[role];
    const token = files.named.get(role) ?? (content === undefined ? undefined : plainToken(content, true));
    if (token === undefined) continue;
    roles.push(token);
    special.add(token.content);
  }
  const own = ownTokens.map((token) => ({ token, id: null }));
  const withIds = files.further.filter(({ id }) => id !== null);
  const others = files.further.filter(({ id }) => id === null);
  const all = [...withIds, ...roles.map((token) => ({ token, id: null })), ...own, ...others];

  let next = 0;
  for (const id of vocabulary.values()) next = Math.max(next, id + 1);
  const result = new Map<string, AddedToken & { id: number }>();
  for (const { token, id: claimed } of all) {
    const { content } = token;
    if (result.has(content)) continue;
    const id = vocabulary.get(content) ?? next++;
    if (claimed !== null && claimed !== id) {
      throw new TokenizerError({
        code: "bad-tokenizer",
        file,
        found: `the token ${JSON.stringify(content)} with id ${claimed} in added_tokens.json or tokenizer_config.json`,
        expected: `id ${id}, as the vocabulary has ${vocabulary.size} tokens`,
        remedy: "Files of different models were mixed, or one is cut off; download them again.",
      });
    }
    result.set(content, { id, ...token, special: token.special || special.has(content) });
  }
  return [...result.values()].sort((a, b) => a.id - b.id);
}

/**
 * The id of a special token that a model cannot do without: it is in the vocabulary, or a file gives its id.
 * A token that is merely named would get an id beyond the model's last row.
 * @param kind whose special tokens they are, for the message
 * @throws {TokenizerError} `missing-token`
 */
export function specialTokenId(
  content: string,
  vocabulary: ReadonlyMap<string, number>,
  files: TokenFiles,
  file: string,
  kind: string,
): number {
  const given = files.further.find(({ token, id }) => token.content === content && id !== null)?.id;
  const id = vocabulary.get(content) ?? given ?? null;
  if (id !== null) return id;
  throw new TokenizerError({
    code: "missing-token",
    file,
    found: `no token ${JSON.stringify(content)} among ${vocabulary.size}`,
    expected: `the special tokens of ${kind}`,
    remedy: `Check that it is a vocabulary of ${kind}; other names of special tokens belong into tokenizer_config.json.`,
  });
}

/** A token by its text alone. */
export function plainToken(content: string, special: boolean): AddedToken {
  return { content, single_word: false, lstrip: false, rstrip: false, normalized: !special, special };
}

function toAddedToken(token: Token, isSpecial: boolean): AddedToken {
  if (typeof token === "string") return plainToken(token, true);
  const { content, single_word, lstrip, rstrip } = token;
  const special = isSpecial || token.special === true;
  return { content, single_word, lstrip, rstrip, normalized: token.normalized ?? !special, special };
}

function parse<Schema extends z.ZodType>(
  text: string | null,
  schema: Schema,
  file: string,
): z.infer<Schema> | null {
  if (text === null) return null;
  const parsed = schema.safeParse(parseTokenizerJson(text, file));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new TokenizerError({
    code: "bad-json",
    file,
    found: `${issue?.path.join(".") || "the whole"}: ${issue?.message}`,
    expected: "tokens: texts, or objects with one as their content",
    remedy: "Correct the file, or download it again.",
  });
}
