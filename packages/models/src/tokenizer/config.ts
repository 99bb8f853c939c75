import { z } from "zod";
import { TokenizerError } from "./errors.ts";

const configSchema = z.looseObject({
  tokenizer_class: z.string().nullish(),
  /** Where it is missing, BERT lowercases and DeBERTa does not. */
  do_lower_case: z.boolean().nullish(),
  strip_accents: z.boolean().nullish(),
  tokenize_chinese_chars: z.boolean().default(true),
  clean_up_tokenization_spaces: z.boolean().default(false),
  add_prefix_space: z.boolean().nullish(),
  add_bos_token: z.boolean().nullish(),
  split_by_punct: z.boolean().nullish(),
  truncation_side: z.enum(["left", "right"]).default("right"),
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
