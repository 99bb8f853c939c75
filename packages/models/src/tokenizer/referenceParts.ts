import {
  ByteLevelPreTokenizer,
  Decoder,
  Normalizer,
  PreTokenizer,
  SequenceDecoder,
  SequenceNormalizer,
  SequencePreTokenizer,
} from "@huggingface/tokenizers";
import { z } from "zod";
import {
  byteLevelPattern,
  lowercase,
  normalizeBertText,
  splitBertText,
  splitPunctuation,
  splitSpaces,
  strip,
} from "./bertText.ts";
import { ByteFallbackDecoder } from "./byteFallback.ts";
import { TokenizerError } from "./errors.ts";
import { readPrecompiledMap } from "./precompiled.ts";

// Parts of a tokenizer that the JavaScript library does in another way than the reference, the `tokenizers` library.

/** A part of a tokenizer.json. */
type PartConfig = Readonly<Record<string, unknown>> | null | undefined;

class TextNormalizer extends Normalizer {
  readonly #work: (text: string) => string;

  constructor(work: (text: string) => string) {
    super({ type: "NFC" });
    this.#work = work;
  }

  override normalize(text: string): string {
    return this.#work(text);
  }
}

class TextSplitter extends PreTokenizer {
  readonly #work: (text: string) => string[];

  constructor(work: (text: string) => string[]) {
    super();
    this.#work = work;
  }

  override pre_tokenize_text(text: string): string[] {
    return this.#work(text);
  }
}

/**
 * Marks spaces, and splits before each mark unless told not to: a piece never spans two words. By the scheme `first`
 * only a piece that begins where the text does gets a mark before it; the library would mark every word of the first
 * section, and never splits.
 */
class SpaceMarker extends PreTokenizer {
  readonly #mark: string;
  readonly #scheme: "always" | "first" | "never";
  readonly #isSplit: boolean;

  constructor(config: z.infer<typeof metaspaceSchema>) {
    super();
    this.#mark = config.replacement;
    this.#scheme = config.prepend_scheme;
    this.#isSplit = config.split;
  }

  override pre_tokenize_text(text: string): string[] {
    return this.#markSpaces(text, this.#scheme === "always");
  }

  override pre_tokenize(texts: string | string[], place?: TextPlace): string[] {
    if (this.#scheme !== "first") return super.pre_tokenize(texts);
    return (Array.isArray(texts) ? texts : [texts]).flatMap((text, index) =>
      this.#markSpaces(text, index === 0 && place?.wholeFromStart?.startsWith(text) === true),
    );
  }

  #markSpaces(text: string, isMarkedBefore: boolean): string[] {
    const mark = this.#mark;
    const marked = text.replaceAll(" ", mark);
    const whole = isMarkedBefore && !marked.startsWith(mark) ? mark + marked : marked;
    if (!this.#isSplit) return [whole];
    return whole.split(mark).flatMap((word, index) => (index === 0 ? word || [] : mark + word));
  }
}

/** As the reference: takes all marks off the first token, unless texts have none before them, and none off others. */
class MarkRemover extends Decoder {
  readonly #mark: string;
  readonly #isFirstKept: boolean;

  constructor(config: z.infer<typeof metaspaceSchema>) {
    super({ type: "Fuse" });
    this.#mark = config.replacement;
    this.#isFirstKept = config.prepend_scheme === "never";
  }

  override decode_chain(tokens: string[]): string[] {
    return tokens.map((token, index) =>
      token.replaceAll(this.#mark, index === 0 && !this.#isFirstKept ? "" : " "),
    );
  }
}

/** Where the text is that a pre-tokenizer is given. The library has but the number of the section. */
export interface TextPlace {
  readonly section_index?: number;
  /** The text whole, if it begins with the first character of the input; else null. */
  readonly wholeFromStart?: string | null;
}

const metaspaceSchema = z.looseObject({
  replacement: z.string().length(1),
  prepend_scheme: z.enum(["always", "first", "never"]).default("always"),
  // What older files say instead; the reference refuses what does not agree.
  add_prefix_space: z.boolean().nullish(),
  split: z.boolean().default(true),
});

function readMetaspace(config: PartConfig, file: string): z.infer<typeof metaspaceSchema> {
  const parsed = metaspaceSchema.safeParse(config);
  const isAgreed = parsed.data?.add_prefix_space !== false || parsed.data.prepend_scheme === "never";
  if (parsed.success && isAgreed) return parsed.data;
  throw new TokenizerError({
    code: "bad-tokenizer",
    file,
    found: `Metaspace with ${JSON.stringify(config).slice(0, 120)}`,
    expected:
      'a replacement of one character and a prepend_scheme of "always", "first" or "never", the last where add_prefix_space is false',
    remedy: "Save the tokenizer anew with a current version of transformers.",
  });
}

/**
 * The library's normalizer, its parts that differ from the reference's replaced, also within a sequence.
 * @throws {TokenizerError} `bad-tokenizer` for a damaged SentencePiece map
 */
export function referenceNormalizer(
  part: Normalizer | null,
  config: PartConfig,
  file: string,
): Normalizer | null {
  switch (config?.type) {
    case "BertNormalizer": {
      const isLower = config.lowercase !== false;
      const options = {
        cleanText: config.clean_text !== false,
        splitIdeographs: config.handle_chinese_chars !== false,
        stripAccents: (config.strip_accents as boolean | null | undefined) ?? isLower,
        lowercase: isLower,
      };
      return new TextNormalizer((text) => normalizeBertText(text, options));
    }
    case "Precompiled": {
      const map = config.precompiled_charsmap;
      return typeof map === "string" ? new TextNormalizer(readPrecompiledMap(map, file)) : part;
    }
    case "Strip": {
      const ends = { left: config.strip_left === true, right: config.strip_right === true };
      return new TextNormalizer((text) => strip(text, ends));
    }
    case "Lowercase":
      return new TextNormalizer(lowercase);
    case "Sequence":
      if (part instanceof SequenceNormalizer) {
        const configs = partsOf(config.normalizers);
        part.normalizers = part.normalizers.map((one, index) =>
          referenceNormalizer(one, configs[index], file),
        );
      }
      return part;
    default:
      return part;
  }
}

/**
 * The library's pre-tokenizer, its parts that differ from the reference's replaced, also within a sequence.
 * @throws {TokenizerError} `bad-tokenizer` for settings of Metaspace that do not agree
 */
export function referencePreTokenizer(
  part: PreTokenizer | null,
  config: PartConfig,
  file: string,
): PreTokenizer | null {
  switch (config?.type) {
    case "BertPreTokenizer":
      return new TextSplitter(splitBertText);
    case "WhitespaceSplit":
      return new TextSplitter(splitSpaces);
    case "Punctuation":
      return (config.behavior ?? "Isolated") === "Isolated" ? new TextSplitter(splitPunctuation) : part;
    case "Metaspace":
      return new SpaceMarker(readMetaspace(config, file));
    case "ByteLevel":
      if (part instanceof ByteLevelPreTokenizer) part.pattern = byteLevelPattern;
      return part;
    case "Sequence":
      if (part instanceof SequencePreTokenizer) {
        const configs = partsOf(config.pretokenizers);
        part.tokenizers = part.tokenizers.map((one, index) =>
          referencePreTokenizer(one, configs[index], file),
        );
      }
      return part;
    default:
      return part;
  }
}

/** The library's decoder, its parts that differ from the reference's replaced, also within a sequence. */
export function referenceDecoder(part: Decoder | null, config: PartConfig, file: string): Decoder | null {
  if (config?.type === "Metaspace") return new MarkRemover(readMetaspace(config, file));
  if (config?.type === "ByteFallback") return new ByteFallbackDecoder();
  if (part instanceof SequenceDecoder) {
    const configs = partsOf(config?.decoders);
    part.decoders = part.decoders.map((one, index) => referenceDecoder(one, configs[index], file) ?? one);
  }
  return part;
}

const partsOf = (configs: unknown): readonly PartConfig[] => (Array.isArray(configs) ? configs : []);
