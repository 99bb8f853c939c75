import type { ByteSource } from "./byteSource.ts";
import { refuseGitLfsPointer } from "./byteSource.ts";
import type { TensorInfo } from "./dtypes.ts";
import { bytesPerElement, decodeFloat32, dtypes, elementCount, isDtype } from "./dtypes.ts";
import { CheckpointError } from "./errors.ts";
import { writeFileWhole } from "./files.ts";
import { findDuplicateKey, parseJsonObject } from "./json.ts";

// The format: 8 bytes little-endian length of the header, the header (JSON: name -> {dtype, shape, data_offsets},
// and "__metadata__", name -> text), then the tensors' bytes without holes.
// https://github.com/huggingface/safetensors#format

/** Named tensors of one weight file, whatever its format; values are read when asked for. */
export interface TensorFile {
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /**
   * Values in row-major order, converted as {@link decodeFloat32} says.
   * @throws {CheckpointError} `unknown-tensor`
   */
  readFloat32(name: string): Promise<Float32Array<ArrayBuffer>>;
}

export interface SafetensorsFile extends TensorFile {
  /** The file's own notes, such as `format: "pt"`. */
  readonly metadata: ReadonlyMap<string, string>;
  /** Little-endian elements in row-major order. */
  readBytes(name: string): Promise<Uint8Array<ArrayBuffer>>;
}

/** A tensor to write; `data` holds `shape`'s elements of type `dtype`, little-endian, in row-major order. */
export interface TensorToWrite extends TensorInfo {
  readonly data: ArrayBufferView;
}

interface PlacedTensor extends TensorInfo {
  /** Counted from the beginning of the file. */
  readonly byteOffset: number;
  readonly byteLength: number;
}

const lengthBytes = 8;
/** The limit of the reference implementation. */
const longestHeaderBytes = 100_000_000;
const metadataKey = "__metadata__";

/**
 * Reads and checks the header; no tensor is read yet. Closing stays with the caller.
 * @throws {CheckpointError} `cut-off`, `bad-json`, `bad-header`, `unsupported-dtype`, `git-lfs-pointer`
 */
export async function openSafetensors(source: ByteSource): Promise<SafetensorsFile> {
  await refuseGitLfsPointer(source);
  const { text, dataOffset } = await readHeader(source);
  const header = parseJsonObject(text, source.name, "a safetensors header");
  const duplicate = findDuplicateKey(text);
  if (duplicate !== null)
    throw badHeader(source, `the name ${JSON.stringify(duplicate)} twice`, "each name once");
  const metadata = readMetadata(source, header[metadataKey]);
  const tensors = new Map<string, PlacedTensor>();
  for (const [name, value] of Object.entries(header)) {
    if (name !== metadataKey) tensors.set(name, readEntry(source, name, value, dataOffset));
  }
  checkPlaces(source, tensors, dataOffset);
  const readBytes = async (name: string): Promise<Uint8Array<ArrayBuffer>> => {
    const { byteOffset, byteLength } = findTensor(tensors, name, source.name);
    return source.read(byteOffset, byteLength);
  };
  return {
    tensors,
    metadata,
    readBytes,
    readFloat32: async (name) =>
      decodeFloat32(await readBytes(name), findTensor(tensors, name, source.name).dtype),
  };
}

/** @throws {CheckpointError} `unknown-tensor` */
export function findTensor<Tensor extends TensorInfo>(
  tensors: ReadonlyMap<string, Tensor>,
  name: string,
  file: string,
): Tensor {
  const tensor = tensors.get(name);
  if (tensor !== undefined) return tensor;
  const names = [...tensors.keys()];
  throw new CheckpointError({
    code: "unknown-tensor",
    file,
    found: `no tensor ${JSON.stringify(name)}`,
    expected: `one of its ${names.length} tensors (${names.slice(0, 3).join(", ")}${names.length > 3 ? ", ..." : ""})`,
    remedy: "Ask for a name that the file has.",
  });
}

async function readHeader(source: ByteSource): Promise<{ text: string; dataOffset: number }> {
  const cutOff = (expected: string): CheckpointError =>
    new CheckpointError({
      code: "cut-off",
      file: source.name,
      found: `${source.byteLength} bytes`,
      expected,
      remedy: "The file is cut off or not safetensors; download it again.",
    });
  if (source.byteLength < lengthBytes) throw cutOff(`at least ${lengthBytes} bytes`);
  const lengthView = new DataView((await source.read(0, lengthBytes)).buffer);
  const headerBytes = lengthView.getBigUint64(0, true);
  if (headerBytes > longestHeaderBytes) {
    throw badHeader(source, `a header of ${headerBytes} bytes`, `at most ${longestHeaderBytes}`);
  }
  const dataOffset = lengthBytes + Number(headerBytes);
  if (dataOffset > source.byteLength)
    throw cutOff(`a header of ${headerBytes} bytes as its first 8 bytes say`);
  const bytes = await source.read(lengthBytes, Number(headerBytes));
  if (bytes[0] !== 0x7b) throw badHeader(source, "a header that does not begin with {", "JSON");
  try {
    return { text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes), dataOffset };
  } catch {
    throw badHeader(source, "a header that is not UTF-8", "JSON in UTF-8");
  }
}

function readMetadata(source: ByteSource, value: unknown): ReadonlyMap<string, string> {
  const metadata = new Map<string, string>();
  if (value === undefined) return metadata;
  if (!isObject(value)) throw badHeader(source, `${metadataKey} that is not an object`, "an object of texts");
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== "string") {
      throw badHeader(source, `${metadataKey}.${key} that is not a text`, "an object of texts");
    }
    metadata.set(key, text);
  }
  return metadata;
}

function readEntry(source: ByteSource, name: string, value: unknown, dataOffset: number): PlacedTensor {
  const where = `tensor ${JSON.stringify(name)}`;
  if (!isObject(value))
    throw badHeader(source, `${where} that is not an object`, "dtype, shape and data_offsets");
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== "string") throw badHeader(source, `${where} without a dtype`, "dtype as a text");
  if (!isDtype(dtype)) {
    throw new CheckpointError({
      code: "unsupported-dtype",
      file: source.name,
      found: `${where} of dtype ${dtype}`,
      expected: `one of ${dtypes.join(", ")}`,
      remedy: "Convert the checkpoint to F32, F16 or BF16.",
    });
  }
  if (!isSizes(shape)) {
    throw badHeader(source, `${where} with shape ${JSON.stringify(shape)}`, "an array of whole sizes");
  }
  if (!isSizes(offsets) || offsets.length !== 2) {
    throw badHeader(source, `${where} with data_offsets ${JSON.stringify(offsets)}`, "[begin, end] in bytes");
  }
  const [begin, end] = offsets as readonly [number, number];
  const expectedBytes = elementCount(shape) * bytesPerElement[dtype];
  if (end - begin !== expectedBytes) {
    throw badHeader(
      source,
      `${where} of ${end - begin} bytes`,
      `${expectedBytes} for ${dtype} of shape [${shape.join(", ")}]`,
    );
  }
  return { name, dtype, shape, byteOffset: dataOffset + begin, byteLength: expectedBytes };
}

/** Tensors must fill the rest of the file one after another: no hole, no overlap, no end beyond the file's. */
function checkPlaces(
  source: ByteSource,
  tensors: ReadonlyMap<string, PlacedTensor>,
  dataOffset: number,
): void {
  const inOrder = [...tensors.values()].sort(
    (a, b) => a.byteOffset - b.byteOffset || a.byteLength - b.byteLength,
  );
  let end = dataOffset;
  for (const tensor of inOrder) {
    if (tensor.byteOffset !== end) {
      const what = tensor.byteOffset < end ? "overlapping the one before" : "after a hole";
      throw badHeader(
        source,
        `tensor ${JSON.stringify(tensor.name)} ${what} (at data offset ${tensor.byteOffset - dataOffset})`,
        `it at ${end - dataOffset}`,
      );
    }
    end += tensor.byteLength;
  }
  if (end > source.byteLength) {
    throw new CheckpointError({
      code: "cut-off",
      file: source.name,
      found: `${source.byteLength} bytes`,
      expected: `${end} bytes as its header says`,
      remedy: "The file is cut off; download it again.",
    });
  }
  if (end < source.byteLength) {
    throw badHeader(source, `${source.byteLength - end} bytes after the last tensor`, "none");
  }
}

function badHeader(source: ByteSource, found: string, expected: string): CheckpointError {
  return new CheckpointError({
    code: "bad-header",
    file: source.name,
    found,
    expected,
    remedy: "The file is damaged or not safetensors; download it again or write it anew.",
  });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

/**
 * The parts of a safetensors file, to be written one after another. The order (wide element types first, then by name)
 * and every byte depend on the tensors and metadata alone, never on the order they are given in.
 * @throws {RangeError} where two tensors have one name, or a tensor's bytes do not fit its shape
 */
export function encodeSafetensors(
  tensors: Iterable<TensorToWrite>,
  metadata: Readonly<Record<string, string>> = {},
): readonly Uint8Array[] {
  const inOrder = [...tensors].sort(
    (a, b) => dtypes.indexOf(b.dtype) - dtypes.indexOf(a.dtype) || (a.name < b.name ? -1 : 1),
  );
  const entries = new Map<string, unknown>();
  const texts = Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1));
  if (texts.length > 0) entries.set(metadataKey, Object.fromEntries(texts));
  let end = 0;
  for (const { name, dtype, shape, data } of inOrder) {
    const expectedBytes = elementCount(shape) * bytesPerElement[dtype];
    if (name === metadataKey || entries.has(name)) {
      throw new RangeError(`Two tensors are called ${JSON.stringify(name)}; give each a name of its own.`);
    }
    if (data.byteLength !== expectedBytes) {
      throw new RangeError(
        `Tensor ${JSON.stringify(name)} has ${data.byteLength} bytes; expected ${expectedBytes} for ${dtype} of ` +
          `shape [${shape.join(", ")}]. Give all its elements, in its own element type.`,
      );
    }
    entries.set(name, { dtype, shape, data_offsets: [end, end + expectedBytes] });
    end += expectedBytes;
  }
  const json = new TextEncoder().encode(stringifyEntries(entries));
  const paddedBytes = Math.ceil(json.byteLength / lengthBytes) * lengthBytes;
  const head = new Uint8Array(lengthBytes + paddedBytes).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(paddedBytes), true);
  head.set(json, lengthBytes);
  return [head, ...inOrder.map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength))];
}

/** Unlike `JSON.stringify` of an object, keeps the order of names that look like numbers. */
function stringifyEntries(entries: ReadonlyMap<string, unknown>): string {
  return `{${[...entries].map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(",")}}`;
}

/** Writes {@link encodeSafetensors} to a file that appears whole or not at all. */
export async function writeSafetensors(
  path: string,
  tensors: Iterable<TensorToWrite>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  await writeFileWhole(path, encodeSafetensors(tensors, metadata));
}
