import {
  ByteLevelPreTokenizer,
  MetaspacePreTokenizer,
  Normalizer,
  PreTokenizer,
  SequenceNormalizer,
  SequencePreTokenizer,
} from "@huggingface/tokenizers";
import {
  byteLevelPattern,
  lowercase,
  normalizeBertText,
  splitBertText,
  splitPunctuation,
  strip,
} from "./bertText.ts";
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

/** Splits before each mark of a space, which the library leaves out: a piece never spans two words. */
class WordSplitter extends PreTokenizer {
  readonly #spaces: MetaspacePreTokenizer;

  constructor(spaces: MetaspacePreTokenizer) {
    super();
    this.#spaces = spaces;
  }

  override pre_tokenize_text(text: string, options?: object): string[] {
    const mark = this.#spaces.replacement;
    return this.#spaces
      .pre_tokenize_text(text, options)
      .flatMap((part) => part.split(mark).flatMap((word, index) => (index === 0 ? word || [] : mark + word)));
  }
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

/** The library's pre-tokenizer, its parts that differ from the reference's replaced, also within a sequence. */
export function referencePreTokenizer(part: PreTokenizer | null, config: PartConfig): PreTokenizer | null {
  switch (config?.type) {
    case "BertPreTokenizer":
      return new TextSplitter(splitBertText);
    case "Punctuation":
      return (config.behavior ?? "Isolated") === "Isolated" ? new TextSplitter(splitPunctuation) : part;
    case "Metaspace": {
      if (!(part instanceof MetaspacePreTokenizer) || config.split === false) return part;
      return new WordSplitter(part);
    }
    case "ByteLevel":
      if (part instanceof ByteLevelPreTokenizer) part.pattern = byteLevelPattern;
      return part;
    case "Sequence":
      if (part instanceof SequencePreTokenizer) {
        const configs = partsOf(config.pretokenizers);
        part.tokenizers = part.tokenizers.map((one, index) => referencePreTokenizer(one, configs[index]));
      }
      return part;
    default:
      return part;
  }
}

const partsOf = (configs: unknown): readonly PartConfig[] => (Array.isArray(configs) ? configs : []);
