import type { EmbeddedTokenizer } from "../gguf/read.ts";
import { scoredPiecesTokenizerJson } from "../gguf/scoredPieces.ts";
import { badVocabulary } from "../gguf/vocabulary.ts";
import type { SentencePiece } from "../sentencePieceModel.ts";

// The format: `export` in llama2.c's tokenizer.py. An int32, the bytes of the longest token; then for each token its
// score (float), the number of its bytes (int32) and these, with spaces for SentencePiece's marks.

const SPACE_MARK = "\u2581";
const entryBytes = 8;
/** Ids that run.c knows by heart: unknown, BOS, EOS, then 256 bytes. */
const [BOS, EOS] = [1, 2];
const firstByte = 3;
const firstMerged = firstByte + 256;

/**
 * The tokens of a llama2.c tokenizer such as tok512.bin; null where the bytes are no such file.
 */
function readPieces(bytes: Uint8Array): readonly SentencePiece[] | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  if (bytes.length < 4) return null;
  const longest = view.getInt32(0, true);
  const pieces: SentencePiece[] = [];
  for (let at = 4; at < bytes.length; ) {
    if (at + entryBytes > bytes.length) return null;
    const score = view.getFloat32(at, true);
    const start = at + entryBytes;
    const length = view.getInt32(at + 4, true);
    if (length < 0 || length > longest || start + length > bytes.length) return null;
    try {
      pieces.push(pieceOf(text.decode(bytes.subarray(start, start + length)), score, pieces.length));
    } catch {
      return null;
    }
    at = start + length;
  }
  const spellsBytes = pieces[firstByte]?.text === "<0x00>" && pieces[firstMerged - 1]?.text === "<0xFF>";
  return spellsBytes ? pieces : null;
}

function pieceOf(text: string, score: number, id: number): SentencePiece {
  if (id === 0) return { text, score, kind: "unknown" };
  // The file has line breaks around these two, for printing.
  if (id === BOS || id === EOS) return { text: text.trim(), score, kind: "control" };
  if (id < firstMerged) return { text, score, kind: "byte" };
  return { text: text.replaceAll(" ", SPACE_MARK), score, kind: "normal" };
}

export function isLlama2cTokenizer(bytes: Uint8Array): boolean {
  return readPieces(bytes) !== null;
}

/**
 * The tokenizer of a llama2.c model, which puts BOS before every text as run.c does.
 * @throws {TokenizerError} `bad-tokenizer`
 */
export function readLlama2cTokenizer(bytes: Uint8Array, file: string): EmbeddedTokenizer {
  const pieces = readPieces(bytes);
  const bos = pieces?.[BOS]?.text;
  const eos = pieces?.[EOS]?.text;
  if (pieces === null || bos === undefined || eos === undefined) {
    throw badVocabulary(
      file,
      `${bytes.length} bytes that are no list of tokens`,
      "a tokenizer of llama2.c: length of the longest token; then score, length and text of each, with 256 bytes among them",
    );
  }
  const surroundings = { before: { content: bos, id: BOS }, after: null };
  return { json: scoredPiecesTokenizerJson(pieces, { addsSpace: true, surroundings }, file), padToken: eos };
}
