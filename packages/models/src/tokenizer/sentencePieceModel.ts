import { TokenizerError } from "./errors.ts";

// A SentencePiece model is a protocol buffer (https://protobuf.dev/programming-guides/encoding) whose messages are
// declared in src/sentencepiece_model.proto of github.com/google/sentencepiece. Field numbers read here:
//   ModelProto      pieces 1, trainer_spec 2, normalizer_spec 3
//   SentencePiece   piece 1, score 2 (float), type 3
//   TrainerSpec     model_type 3, byte_fallback 35, unk_id 40
//   NormalizerSpec  precompiled_charsmap 2, add_dummy_prefix 3
// Everything else is skipped.

/** Kinds of pieces by their number in the file. */
const pieceKinds = ["normal", "unknown", "control", "userDefined", "unused", "byte"] as const;
/** Kinds of models by their number in the file. */
const modelKinds = ["unigram", "bpe", "word", "char"] as const;

export interface SentencePiece {
  readonly text: string;
  /** Logarithm of its probability, in models of kind unigram. */
  readonly score: number;
  readonly kind: (typeof pieceKinds)[number];
}

/** What is used of a SentencePiece model. A piece's place is its id. */
export interface SentencePieceModel {
  readonly kind: (typeof modelKinds)[number];
  readonly pieces: readonly SentencePiece[];
  readonly unknownId: number;
  /** Whether characters without a piece are spelt in bytes. */
  readonly byteFallback: boolean;
  /** Normalization as a trie, see `readPrecompiledMap`; empty where there is none. */
  readonly precompiledMap: Uint8Array;
  /** Whether a text begins with a space that it does not have. */
  readonly addDummyPrefix: boolean;
}

/**
 * Reads spm.model, spiece.model or sentencepiece.bpe.model.
 * @throws {TokenizerError} `cut-off` with the byte where the file ends too early, `bad-tokenizer` where it is no such model
 */
export function readSentencePieceModel(bytes: Uint8Array, file: string): SentencePieceModel {
  const pieces: SentencePiece[] = [];
  let trainer: TrainerSettings = { kind: "unigram", byteFallback: false, unknownId: 0 };
  let normalizer: NormalizerSettings = { precompiledMap: new Uint8Array(), addDummyPrefix: true };
  const source: Source = {
    bytes,
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    file,
  };
  for (const field of fields(source, 0, bytes.length)) {
    if (field.number === 1) pieces.push(readPiece(source, field));
    else if (field.number === 2) trainer = readTrainer(source, field);
    else if (field.number === 3) normalizer = readNormalizer(source, field);
  }
  if (pieces.length === 0) throw notAModel(file, "no pieces", 0);
  return { pieces, ...trainer, ...normalizer };
}

type TrainerSettings = Pick<SentencePieceModel, "kind" | "byteFallback" | "unknownId">;
type NormalizerSettings = Pick<SentencePieceModel, "precompiledMap" | "addDummyPrefix">;

interface Source {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly file: string;
}

/** A field: a number as it stands, or the range of bytes that it takes, for messages, texts, bytes and floats. */
interface Field {
  readonly number: number;
  readonly wireType: number;
  readonly value: number;
  readonly start: number;
  readonly end: number;
}

const decoder = new TextDecoder();

function readPiece(source: Source, message: Field): SentencePiece {
  let text = "";
  let score = 0;
  let kind: SentencePiece["kind"] = "normal";
  for (const field of messageFields(source, message)) {
    if (field.number === 1) text = decoder.decode(bytesOf(source, field));
    else if (field.number === 2) {
      expectWireType(source, field, 5);
      score = source.view.getFloat32(field.start, true);
    } else if (field.number === 3) kind = named(source, field, pieceKinds, "kind of piece");
  }
  return { text, score, kind };
}

function readTrainer(source: Source, message: Field): TrainerSettings {
  let kind: SentencePieceModel["kind"] = "unigram";
  let byteFallback = false;
  let unknownId = 0;
  for (const field of messageFields(source, message)) {
    if (field.number === 3) kind = named(source, field, modelKinds, "kind of model");
    else if (field.number === 35) byteFallback = numberOf(source, field) !== 0;
    else if (field.number === 40) unknownId = numberOf(source, field);
  }
  return { kind, byteFallback, unknownId };
}

function readNormalizer(source: Source, message: Field): NormalizerSettings {
  let precompiledMap: Uint8Array = new Uint8Array();
  let addDummyPrefix = true;
  for (const field of messageFields(source, message)) {
    if (field.number === 2) precompiledMap = bytesOf(source, field);
    else if (field.number === 3) addDummyPrefix = numberOf(source, field) !== 0;
  }
  return { precompiledMap, addDummyPrefix };
}

function messageFields(source: Source, message: Field): Generator<Field> {
  expectWireType(source, message, 2);
  return fields(source, message.start, message.end);
}

/** The fields between two bytes, which must end where the last of them does. */
function* fields(source: Source, start: number, end: number): Generator<Field> {
  let position = start;
  const readNumber = (): number => {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (position >= end) throw cutOff(source, position, "the rest of a number");
      const byte = source.bytes[position++] ?? 0;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw notAModel(source.file, "a number of more than ten bytes", position);
  };
  while (position < end) {
    const fieldStart = position;
    const tag = readNumber();
    const wireType = tag % 8;
    const number = Math.floor(tag / 8);
    let value = 0;
    let length = 0;
    if (wireType === 0) value = readNumber();
    else if (wireType === 1) length = 8;
    else if (wireType === 2) length = readNumber();
    else if (wireType === 5) length = 4;
    else throw notAModel(source.file, `field ${number} of wire type ${wireType}`, fieldStart);
    if (position + length > end) throw cutOff(source, position, `${length} bytes of field ${number}`, end);
    yield { number, wireType, value, start: position, end: position + length };
    position += length;
  }
}

function expectWireType(source: Source, field: Field, expected: number): void {
  if (field.wireType === expected) return;
  throw notAModel(source.file, `field ${field.number} of wire type ${field.wireType}`, field.start);
}

function bytesOf(source: Source, field: Field): Uint8Array {
  expectWireType(source, field, 2);
  return source.bytes.subarray(field.start, field.end);
}

function numberOf(source: Source, field: Field): number {
  expectWireType(source, field, 0);
  return field.value;
}

function named<Name>(source: Source, field: Field, names: readonly Name[], what: string): Name {
  const value = numberOf(source, field);
  const name = names[value - 1];
  if (name === undefined) throw notAModel(source.file, `${what} ${value}`, field.start);
  return name;
}

function cutOff(
  source: Source,
  position: number,
  expected: string,
  end = source.bytes.length,
): TokenizerError {
  return new TokenizerError({
    code: "cut-off",
    file: source.file,
    found: `${end - position} bytes left at byte ${position} of ${source.bytes.length}`,
    expected,
    remedy: "The file is cut off or damaged; download it again.",
  });
}

function notAModel(file: string, found: string, position: number): TokenizerError {
  return new TokenizerError({
    code: "bad-tokenizer",
    file,
    found: `${found} at byte ${position}`,
    expected: "a SentencePiece model",
    remedy: "The file is damaged, or a pointer of Git LFS instead of the file; download it again.",
  });
}
