import { Buffer } from "node:buffer";
import { ByteLevelPreTokenizer } from "@huggingface/tokenizers";
import { describe, expect, test } from "vitest";
import { TokenizerError } from "./errors.ts";
import { referenceNormalizer, referencePreTokenizer } from "./referenceParts.ts";

/** A SentencePiece map that replaces "a" by "b": the root, the unit of "a", which has a leaf, and the leaf. */
function makeMap(): Buffer {
  const units = new Uint32Array(0x80);
  units[0] = 1 << 10;
  units[1 ^ 0x61] = 0x61 | (1 << 8) | (2 << 10);
  units[1 ^ 0x61 ^ 2] = 0x80000000;
  const bytes = Buffer.alloc(4 + 4 * units.length + 2);
  bytes.writeUInt32LE(4 * units.length);
  for (const [index, unit] of units.entries()) bytes.writeUInt32LE(unit, 4 + 4 * index);
  bytes.write("b\0", 4 + 4 * units.length);
  return bytes;
}

describe("a SentencePiece map", () => {
  const normalize = (text: string): string | undefined =>
    referenceNormalizer(
      null,
      { type: "Precompiled", precompiled_charsmap: makeMap().toString("base64") },
      "f",
    )?.normalize(text);

  test("replaces what it holds and keeps the rest", () => {
    expect(normalize("a cat \u0000 é 東 😀")).toBe("b cbt \u0000 é 東 😀");
  });

  test("replaces a short grapheme as a whole by its first character's entry, a long one by character", () => {
    expect(normalize("a\u0301")).toBe("b");
    expect(normalize("a\u0301\u0301\u0301")).toBe("b\u0301\u0301\u0301");
  });

  test("is refused by the file's name where it is cut off", () => {
    const config = {
      type: "Precompiled",
      precompiled_charsmap: makeMap().subarray(0, 99).toString("base64"),
    };
    expect(() => referenceNormalizer(null, config, "tokenizer.json")).toThrow(TokenizerError);
    expect(() => referenceNormalizer(null, config, "tokenizer.json")).toThrow(/tokenizer\.json.*99 bytes/s);
  });
});

describe("white space is Unicode's, not JavaScript's", () => {
  test("at the ends of a text", () => {
    const part = referenceNormalizer(null, { type: "Strip", strip_left: true, strip_right: true }, "f");
    expect(part?.normalize("\u0085\u3000\ufeffa b\ufeff\u0085\t")).toBe("\ufeffa b\ufeff");
  });

  test("between the words of byte-level BPE", () => {
    const config = {
      type: "ByteLevel",
      add_prefix_space: false,
      use_regex: true,
      trim_offsets: true,
    } as const;
    const part = referencePreTokenizer(new ByteLevelPreTokenizer(config), config, "f");
    expect(part?.pre_tokenize("!\u0085\u0085!\ufeff")).toEqual(["!", "Âħ", "Âħ", "!ï»¿"]);
  });
});

test("words are parted before each mark of a space, also where several follow each other", () => {
  const config = { type: "Metaspace", replacement: "▁", prepend_scheme: "always" } as const;
  const part = referencePreTokenizer(null, config, "f");
  expect(part?.pre_tokenize("the  film ")).toEqual(["▁the", "▁", "▁film", "▁"]);
});
