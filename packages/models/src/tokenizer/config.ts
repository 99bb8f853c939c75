import { z } from "zod";
import { TokenizerError } from "./errors.ts";

/** A special token in tokenizer_config.json: a text, or an object with one. */
const tokenSchema = z
  .union([z.string(), z.object({ content: z.string() }).transform(({ content }) => content)])
  .nullish()
  .transform((token) => token ?? null);

const configSchema = z.looseObject({
  tokenizer_class: z.string().nullish(),
  do_lower_case: z.boolean().default(true),
  strip_accents: z.boolean().nullish(),
  tokenize_chinese_chars: z.boolean().default(true),
  clean_up_tokenization_spaces: z.boolean().default(false),
  truncation_side: z.enum(["left", "right"]).default("right"),
  unk_token: tokenSchema,
  cls_token: tokenSchema,
  sep_token: tokenSchema,
  pad_token: tokenSchema,
  mask_token: tokenSchema,
});

/** What is used of tokenizer_config.json. */
export type TokenizerConfig = Readonly<z.infer<typeof configSchema>>;

/**
 * @param text the file's content; null where there is no such file
 * @throws {TokenizerError} `bad-json`
 */
export function parseTokenizerConfig(text: string | null, file: string): TokenizerConfig {
  const parsed = configSchema.safeParse(text === null ? {} : parseTokenizerJson(text, file));
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  throw new TokenizerError({
    code: "bad-json",
    file,
    found: issues.join("; "),
    expected: "the settings of a tokenizer",
    remedy: "Correct the file, or download it again.",
  });
}

/** @throws {TokenizerError} `bad-json` */
export function parseTokenizerJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new TokenizerError({
      code: "bad-json",
      file,
      found: `text that is not JSON (${cause instanceof Error ? cause.message : String(cause)})`,
      expected: "JSON",
      remedy: "The file is damaged or cut off; download it again.",
    });
  }
}
