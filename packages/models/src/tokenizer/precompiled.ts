import { Buffer } from "node:buffer";
import { TokenizerError } from "./errors.ts";

/** Graphemes of this many bytes of UTF-8 or more are looked up character by character, as in the reference. */
const graphemeLimitBytes = 6;

/**
 * SentencePiece's own normalization: a double-array trie from UTF-8 bytes to replacements, as a tokenizer.json keeps
 * it in base64 (its length in bytes, the trie as 32-bit little-endian units, the replacements, each ended by a zero).
 * Like the `tokenizers` library: a short grapheme is looked up whole, then each character by itself; the shortest
 * prefix found decides.
 * @throws {TokenizerError} `bad-tokenizer` for a map that is cut off
 */
export function readPrecompiledMap(base64: string, file: string): (text: string) => string {
  const bytes = Uint8Array.from(Buffer.from(base64, "base64"));
  const view = new DataView(bytes.buffer);
  const trieBytes = bytes.length < 4 ? 0 : view.getUint32(0, true);
  if (trieBytes === 0 || trieBytes % 4 !== 0 || trieBytes + 4 > bytes.length) {
    throw new TokenizerError({
      code: "bad-tokenizer",
      file,
      found: `a precompiled_charsmap of ${bytes.length} bytes, of which the trie would take ${trieBytes}`,
      expected: "the map of a SentencePiece model in base64",
      remedy: "Download the file again, or save the tokenizer anew with a current version of transformers.",
    });
  }
  const units = Uint32Array.from({ length: trieBytes / 4 }, (_, index) =>
    view.getUint32(4 + 4 * index, true),
  );
  const replacements = bytes.subarray(4 + trieBytes);
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });

  const find = (key: Uint8Array): string | null => {
    let position = offsetOf(units[0] ?? 0);
    for (const byte of key) {
      if (byte === 0) return null;
      position ^= byte;
      const unit = units[position];
      if (unit === undefined || labelOf(unit) !== byte) return null;
      position ^= offsetOf(unit);
      if (!hasLeaf(unit)) continue;
      const begin = (units[position] ?? 0) & 0x7fffffff;
      return decoder.decode(replacements.subarray(begin, replacements.indexOf(0, begin)));
    }
    return null;
  };
  const known = new Map<string, string>();
  const replaceCharacter = (character: string): string => {
    let result = known.get(character);
    if (result === undefined) {
      result = find(encoder.encode(character)) ?? character;
      known.set(character, result);
    }
    return result;
  };
  return (text) => {
    let result = "";
    for (const { segment } of segmenter.segment(text)) {
      const key = encoder.encode(segment);
      const whole = key.length < graphemeLimitBytes ? find(key) : null;
      if (whole !== null) result += whole;
      else for (const character of segment) result += replaceCharacter(character);
    }
    return result;
  };
}

// The layout of a unit of the darts-clone trie.
const hasLeaf = (unit: number): boolean => ((unit >>> 8) & 1) === 1;
const labelOf = (unit: number): number => (unit & 0x800000ff) >>> 0;
const offsetOf = (unit: number): number => (unit >>> 10) << ((unit & 0x200) >>> 6);
