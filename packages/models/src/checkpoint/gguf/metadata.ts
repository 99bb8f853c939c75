import { CheckpointError } from "../errors.ts";
import type { GgufCursor } from "./cursor.ts";
import { badGguf } from "./cursor.ts";

/** A value of a GGUF file's metadata. Integers of 64 bits are numbers where they are exact as such. */
export type GgufValue = number | bigint | boolean | string | readonly GgufValue[];

export type GgufMetadata = ReadonlyMap<string, GgufValue>;

interface ValueType {
  /** Least bytes that a value takes. */
  readonly bytes: number;
  read(cursor: GgufCursor): GgufValue;
}

const exact = (value: bigint): number | bigint => {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
};

const ARRAY = 9;
/** By the number that stands in a file: `enum gguf_type` of gguf.h. */
const valueTypes: ReadonlyMap<number, ValueType> = new Map<number, ValueType>([
  [0, { bytes: 1, read: (cursor) => cursor.u8() }],
  [1, { bytes: 1, read: (cursor) => cursor.i8() }],
  [2, { bytes: 2, read: (cursor) => cursor.u16() }],
  [3, { bytes: 2, read: (cursor) => cursor.i16() }],
  [4, { bytes: 4, read: (cursor) => cursor.u32() }],
  [5, { bytes: 4, read: (cursor) => cursor.i32() }],
  [6, { bytes: 4, read: (cursor) => cursor.f32() }],
  [7, { bytes: 1, read: readBoolean }],
  [8, { bytes: 8, read: (cursor) => cursor.text() }],
  [10, { bytes: 8, read: (cursor) => exact(cursor.u64()) }],
  [11, { bytes: 8, read: (cursor) => exact(cursor.i64()) }],
  [12, { bytes: 8, read: (cursor) => cursor.f64() }],
]);

/** Arrays within arrays are part of the format; no deeper ones are known. */
const deepestArray = 4;

/** @throws {CheckpointError} `cut-off`, `bad-header` */
export function readMetadata(cursor: GgufCursor, count: number): GgufMetadata {
  const metadata = new Map<string, GgufValue>();
  for (let index = 0; index < count; index++) {
    const key = cursor.text();
    if (metadata.has(key))
      throw badGguf(cursor.file, `the key ${JSON.stringify(key)} twice`, "each key once");
    metadata.set(key, readValue(cursor, cursor.u32(), key, 0));
  }
  return metadata;
}

function readValue(cursor: GgufCursor, type: number, key: string, depth: number): GgufValue {
  if (type !== ARRAY) return valueType(cursor, type, key).read(cursor);
  if (depth === deepestArray) {
    throw badGguf(cursor.file, `arrays in ${key} more than ${deepestArray} deep`, "fewer");
  }
  const elementType = cursor.u32();
  const count = cursor.count();
  const bytesEach = elementType === ARRAY ? 12 : valueType(cursor, elementType, key).bytes;
  cursor.expect(count, bytesEach, `elements of ${key}`);
  const values: GgufValue[] = [];
  for (let index = 0; index < count; index++) values.push(readValue(cursor, elementType, key, depth + 1));
  return values;
}

function valueType(cursor: GgufCursor, type: number, key: string): ValueType {
  const found = valueTypes.get(type);
  if (found !== undefined) return found;
  throw badGguf(cursor.file, `${key} of the type ${type}`, "a type of metadata from 0 to 12");
}

function readBoolean(cursor: GgufCursor): boolean {
  const byte = cursor.u8();
  if (byte > 1) throw badGguf(cursor.file, `a boolean of ${byte} before byte ${cursor.offset}`, "0 or 1");
  return byte === 1;
}

/** Metadata by the type that each key must have. */
export interface GgufFields {
  /** Undefined where the key is missing, as for all that follow. */
  integer(key: string): number | undefined;
  number(key: string): number | undefined;
  text(key: string): string | undefined;
  boolean(key: string): boolean | undefined;
  texts(key: string): readonly string[] | undefined;
  numbers(key: string): readonly number[] | undefined;
  /** @throws {CheckpointError} `missing-metadata` where the value is undefined */
  required<Value>(key: string, value: Value | undefined): Value;
}

/**
 * Each read throws a {@link CheckpointError} `bad-header` where the key has another type.
 * @param file what messages call it
 */
export function fieldsOf(metadata: GgufMetadata, file: string): GgufFields {
  const read = <Value extends GgufValue>(
    key: string,
    expected: string,
    fits: (value: GgufValue) => value is Value,
  ): Value | undefined => {
    const value = metadata.get(key);
    if (value === undefined || fits(value)) return value;
    const found = Array.isArray(value) ? `an array of ${value.length}` : String(value);
    throw badGguf(file, `${key} = ${found}`, expected);
  };
  return {
    integer: (key) => read(key, "a whole number", isCount),
    number: (key) => read(key, "a number", isNumber),
    text: (key) => read(key, "a text", isText),
    boolean: (key) => read(key, "true or false", (value) => typeof value === "boolean"),
    texts: (key) => read(key, "an array of texts", (value) => Array.isArray(value) && value.every(isText)),
    numbers: (key) =>
      read(key, "an array of numbers", (value) => Array.isArray(value) && value.every(isNumber)),
    required: (key, value) => {
      if (value !== undefined) return value;
      throw new CheckpointError({
        code: "missing-metadata",
        file,
        found: `no ${key} in its metadata`,
        expected: key,
        remedy: "Download a current version of the file, or convert the original model anew with llama.cpp.",
      });
    },
  };
}

const isCount = (value: GgufValue): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isNumber = (value: GgufValue): value is number => typeof value === "number";
const isText = (value: GgufValue): value is string => typeof value === "string";
