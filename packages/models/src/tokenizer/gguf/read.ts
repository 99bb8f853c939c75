import type { ByteSource } from "../../checkpoint/byteSource.ts";
import { openGguf } from "../../checkpoint/gguf/file.ts";
import type { GgufFields, GgufMetadata } from "../../checkpoint/gguf/metadata.ts";
import { fieldsOf } from "../../checkpoint/gguf/metadata.ts";
import { plainToken } from "../addedTokens.ts";
import { TokenizerError } from "../errors.ts";
import type { SentencePiece } from "../sentencePieceModel.ts";
import type { TokenizerJson } from "../tokenizerJson.ts";
import { ggufByteLevelJson, opensWithBos } from "./byteLevel.ts";
import { scoredPiecesTokenizerJson } from "./scoredPieces.ts";
import type { SurroundingToken } from "./surroundings.ts";
import { badVocabulary } from "./vocabulary.ts";

/** A tokenizer out of a model file. */
export interface EmbeddedTokenizer {
  readonly json: TokenizerJson;
  /** Where a file names no token for it, the one that ends a text: padding is masked, so any will do. */
  readonly padToken: string;
}

/** Kinds of tokens by their number in a file: `llama_token_type` of llama.h. */
const tokenKinds: Readonly<Record<number, SentencePiece["kind"]>> = {
  1: "normal",
  2: "unknown",
  3: "control",
  4: "userDefined",
  5: "unused",
  6: "byte",
};

interface Vocabulary {
  readonly fields: GgufFields;
  readonly tokens: readonly string[];
  readonly kinds: readonly SentencePiece["kind"][];
  readonly file: string;
}

/**
 * The tokenizer that a GGUF file brings with it: byte-level BPE (`tokenizer.ggml.model` "gpt2") or SentencePiece's BPE
 * ("llama").
 * @throws {TokenizerError} `bad-tokenizer`, `missing-token`, `unsupported-tokenizer`
 * @throws {CheckpointError} for a file that is damaged or has no tokenizer
 */
export async function readGgufTokenizer(source: ByteSource): Promise<EmbeddedTokenizer> {
  const { metadata } = await openGguf(source);
  return ggufTokenizer(metadata, source.name);
}

export function ggufTokenizer(metadata: GgufMetadata, file: string): EmbeddedTokenizer {
  const fields = fieldsOf(metadata, file);
  const model = fields.required("tokenizer.ggml.model", fields.text("tokenizer.ggml.model"));
  const vocabulary = readVocabulary(fields, file);
  const json =
    model === "gpt2" ? byteLevelJson(vocabulary) : model === "llama" ? piecesJson(vocabulary) : null;
  if (json === null) {
    throw new TokenizerError({
      code: "unsupported-tokenizer",
      file,
      found: `tokenizer.ggml.model = ${JSON.stringify(model)}`,
      expected: "gpt2 (byte-level BPE) or llama (SentencePiece's BPE)",
      remedy: "Put tokenizer.json of the original model beside the file, and give the folder of both.",
    });
  }
  return { json, padToken: padTokenOf(vocabulary) };
}

function readVocabulary(fields: GgufFields, file: string): Vocabulary {
  const tokens = fields.required("tokenizer.ggml.tokens", fields.texts("tokenizer.ggml.tokens"));
  const types = fields.numbers("tokenizer.ggml.token_type");
  if (types !== undefined && types.length !== tokens.length) {
    throw badVocabulary(file, `${types.length} types of ${tokens.length} tokens`, "one each");
  }
  const kinds = tokens.map((token, id) => {
    const type = types?.[id] ?? 1;
    const kind = tokenKinds[type];
    if (kind !== undefined) return kind;
    throw badVocabulary(file, `the token ${JSON.stringify(token)} of the type ${type}`, "a type from 1 to 6");
  });
  return { fields, tokens, kinds, file };
}

/** The token of a role such as `bos`; null where the file names none. */
function tokenOf({ fields, tokens, file }: Vocabulary, role: string): SurroundingToken | null {
  const key = `tokenizer.ggml.${role}_token_id`;
  const id = fields.integer(key);
  if (id === undefined) return null;
  const content = tokens[id];
  if (content === undefined) throw badVocabulary(file, `${key} = ${id}`, `an id below ${tokens.length}`);
  return { content, id };
}

/** The token of a role, if `key` in the file, or else `byDefault`, asks for it. */
function tokenIfAdded(
  vocabulary: Vocabulary,
  role: "bos" | "eos",
  byDefault: boolean,
): SurroundingToken | null {
  const key = `tokenizer.ggml.add_${role}_token`;
  if (!(vocabulary.fields.boolean(key) ?? byDefault)) return null;
  const token = tokenOf(vocabulary, role);
  if (token !== null) return token;
  throw new TokenizerError({
    code: "missing-token",
    file: vocabulary.file,
    found: `no tokenizer.ggml.${role}_token_id`,
    expected: `the token that goes around every text, as ${key} or the kind of tokenizer says`,
    remedy: "Put tokenizer.json of the original model beside the file, and give the folder of both.",
  });
}

function byteLevelJson(vocabulary: Vocabulary): TokenizerJson {
  const { fields, tokens, kinds, file } = vocabulary;
  const preTokenizer = fields.text("tokenizer.ggml.pre") ?? "missing";
  return ggufByteLevelJson(
    {
      tokens,
      merges: fields.required("tokenizer.ggml.merges", fields.texts("tokenizer.ggml.merges")),
      addedTokens: tokens.flatMap((content, id) => {
        const isSpecial = kinds[id] === "control" || kinds[id] === "unknown";
        if (!isSpecial && kinds[id] !== "userDefined") return [];
        return [{ id, ...plainToken(content, isSpecial), normalized: false }];
      }),
      preTokenizer,
      surroundings: {
        before: tokenIfAdded(vocabulary, "bos", opensWithBos(preTokenizer)),
        after: tokenIfAdded(vocabulary, "eos", false),
      },
    },
    file,
  );
}

function piecesJson(vocabulary: Vocabulary): TokenizerJson {
  const { fields, tokens, kinds, file } = vocabulary;
  const scores = fields.required("tokenizer.ggml.scores", fields.numbers("tokenizer.ggml.scores"));
  if (scores.length !== tokens.length) {
    throw badVocabulary(file, `${scores.length} scores of ${tokens.length} tokens`, "one each");
  }
  const pieces = tokens.map((text, id) => ({
    text,
    score: scores[id] as number,
    kind: kinds[id] ?? "normal",
  }));
  return scoredPiecesTokenizerJson(
    pieces,
    {
      addsSpace: fields.boolean("tokenizer.ggml.add_space_prefix") ?? true,
      surroundings: {
        before: tokenIfAdded(vocabulary, "bos", true),
        after: tokenIfAdded(vocabulary, "eos", false),
      },
    },
    file,
  );
}

function padTokenOf(vocabulary: Vocabulary): string {
  for (const role of ["padding", "eos", "unknown", "bos"]) {
    const token = tokenOf(vocabulary, role);
    if (token !== null) return token.content;
  }
  return vocabulary.tokens[0] ?? "";
}
