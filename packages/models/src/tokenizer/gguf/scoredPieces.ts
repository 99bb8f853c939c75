import type { AddedToken } from "../addedTokens.ts";
import { plainToken } from "../addedTokens.ts";
import type { SentencePiece } from "../sentencePieceModel.ts";
import type { TokenizerJson } from "../tokenizerJson.ts";
import type { Surroundings } from "./surroundings.ts";
import { surroundingTemplate } from "./surroundings.ts";
import { idsOf } from "./vocabulary.ts";

const SPACE_MARK = "\u2581";

export interface ScoredPiecesOptions {
  /** Whether a text begins with a space that it does not have. */
  readonly addsSpace: boolean;
  readonly surroundings: Surroundings;
}

/**
 * The tokenizer.json of SentencePiece's byte-pair encoding, which joins the two neighbours whose piece has the greatest
 * score, and spells in bytes what has no piece; as `LlamaConverter` of transformers makes it. A piece's place is its id.
 * @throws {TokenizerError} `bad-tokenizer`
 */
export function scoredPiecesTokenizerJson(
  pieces: readonly SentencePiece[],
  { addsSpace, surroundings }: ScoredPiecesOptions,
  file: string,
): TokenizerJson {
  const vocabulary = idsOf(
    pieces.map(({ text }) => text),
    file,
  );
  const replace = (from: string, to: string) => ({ type: "Replace", pattern: { String: from }, content: to });
  const strip = { type: "Strip", content: " ", start: 1, stop: 0 };
  return {
    added_tokens: pieces.flatMap(({ text, kind }, id) => {
      const token = addedToken(text, kind);
      return token === null ? [] : [{ id, ...token }];
    }),
    normalizer: {
      type: "Sequence",
      normalizers: [
        ...(addsSpace ? [{ type: "Prepend", prepend: SPACE_MARK }] : []),
        replace(" ", SPACE_MARK),
      ],
    },
    pre_tokenizer: null,
    post_processor: surroundingTemplate(surroundings),
    decoder: {
      type: "Sequence",
      decoders: [
        replace(SPACE_MARK, " "),
        { type: "ByteFallback" },
        { type: "Fuse" },
        ...(addsSpace ? [strip] : []),
      ],
    },
    model: {
      type: "BPE",
      unk_token: pieces.find(({ kind }) => kind === "unknown")?.text ?? null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: true,
      byte_fallback: true,
      ignore_merges: false,
      vocab: Object.fromEntries(vocabulary),
      merges: mergesOf(pieces, vocabulary),
    },
  };
}

/** Pieces that are found in a text before anything else: special ones, and users' own. */
function addedToken(text: string, kind: SentencePiece["kind"]): AddedToken | null {
  const isSpecial = kind === "control" || kind === "unknown";
  return isSpecial || kind === "userDefined" ? { ...plainToken(text, isSpecial), normalized: false } : null;
}

/** Every way to make a piece out of two others, the piece of the greatest score first. */
function mergesOf(
  pieces: readonly SentencePiece[],
  vocabulary: ReadonlyMap<string, number>,
): readonly (readonly [string, string])[] {
  const merged = pieces.filter(({ kind }) => kind === "normal").toSorted((a, b) => b.score - a.score);
  return merged.flatMap(({ text }) => {
    const ways: [string, string][] = [];
    for (let at = 1; at < text.length; at++) {
      const [left, right] = [text.slice(0, at), text.slice(at)];
      if (vocabulary.has(left) && vocabulary.has(right)) ways.push([left, right]);
    }
    return ways;
  });
}
