import type { ByteSource } from "../byteSource.ts";
import { refuseGitLfsPointer } from "../byteSource.ts";
import type { TensorInfo } from "../dtypes.ts";
import { elementCount } from "../dtypes.ts";
import { CheckpointError } from "../errors.ts";
import type { TensorFile } from "../safetensors.ts";
import { findTensor } from "../safetensors.ts";
import { badGguf, cutOffGguf, GgufCursor, HeaderContinues } from "./cursor.ts";
import type { GgufMetadata } from "./metadata.ts";
import { readMetadata } from "./metadata.ts";
import type { GgmlType } from "./types.ts";
import { describeGgmlType, ggmlType, readableGgmlTypes } from "./types.ts";

// The format: "GGUF", u32 version, u64 number of tensors, u64 number of metadata; metadata (key, type, value); tensors
// (name, number of sizes, sizes from the fastest to the slowest, type, offset); then, aligned, the tensors' bytes.
// https://github.com/ggml-org/ggml/blob/master/docs/gguf.md

/** A tensor of a GGUF file; `dtype` is what reading gives where its elements are quantized. */
export interface GgufTensorInfo extends TensorInfo {
  readonly type: GgmlType;
}

export interface GgufFile extends TensorFile {
  readonly version: number;
  readonly metadata: GgufMetadata;
  readonly tensors: ReadonlyMap<string, GgufTensorInfo>;
}

interface PlacedTensor extends GgufTensorInfo {
  /** Counted from the beginning of the data. */
  readonly byteOffset: number;
  readonly byteLength: number;
}

interface Header {
  readonly version: number;
  readonly metadata: GgufMetadata;
  readonly tensors: ReadonlyMap<string, PlacedTensor>;
  /** Counted from the beginning of the file. */
  readonly dataOffset: number;
}

const GGUF_MAGIC = "GGUF";
const firstReadBytes = 2 ** 20;
/** Name, number of sizes, type and offset. */
const leastTensorBytes = 8 + 4 + 4 + 8;
const leastMetadataBytes = 8 + 4 + 1;
const mostSizes = 4;

/**
 * Reads and checks metadata and the table of tensors (versions 2 and 3, little-endian); no tensor is read yet. Closing
 * stays with the caller.
 * @throws {CheckpointError} `cut-off`, `bad-header`, `legacy-format`, `unsupported-dtype`, `git-lfs-pointer`
 */
export async function openGguf(source: ByteSource): Promise<GgufFile> {
  await refuseGitLfsPointer(source);
  const { version, metadata, tensors, dataOffset } = await readWholeHeader(source);
  checkPlaces(source, tensors, dataOffset);
  return {
    version,
    metadata,
    tensors,
    readFloat32: async (name) => {
      const { byteOffset, byteLength, type } = findTensor(tensors, name, source.name);
      return type.decode(await source.read(dataOffset + byteOffset, byteLength));
    },
  };
}

/** How long a header is shows only as it is read. */
async function readWholeHeader(source: ByteSource): Promise<Header> {
  for (let bytes = firstReadBytes; ; bytes *= 4) {
    const beginning = await source.read(0, Math.min(bytes, source.byteLength));
    try {
      return readHeader(new GgufCursor(source.name, beginning, source.byteLength));
    } catch (error) {
      if (!(error instanceof HeaderContinues)) throw error;
    }
  }
}

function readHeader(cursor: GgufCursor): Header {
  const magic = String.fromCharCode(cursor.u8(), cursor.u8(), cursor.u8(), cursor.u8());
  if (magic !== GGUF_MAGIC)
    throw badGguf(cursor.file, `a file that begins with ${JSON.stringify(magic)}`, '"GGUF"');
  const version = readVersion(cursor);
  const tensorCount = cursor.count();
  const metadataCount = cursor.count();
  cursor.expect(metadataCount, leastMetadataBytes, "metadata");
  const metadata = readMetadata(cursor, metadataCount);
  const alignment = metadata.get("general.alignment") ?? 32;
  if (typeof alignment !== "number" || !(alignment >= 8) || alignment % 8 !== 0) {
    throw badGguf(cursor.file, `general.alignment = ${alignment}`, "a multiple of 8");
  }
  cursor.expect(tensorCount, leastTensorBytes, "tensors");
  const tensors = new Map<string, PlacedTensor>();
  for (let index = 0; index < tensorCount; index++) {
    const tensor = readTensor(cursor, alignment);
    if (tensors.has(tensor.name)) throw badGguf(cursor.file, `the tensor ${tensor.name} twice`, "each once");
    tensors.set(tensor.name, tensor);
  }
  return { version, metadata, tensors, dataOffset: Math.ceil(cursor.offset / alignment) * alignment };
}

function readVersion(cursor: GgufCursor): number {
  const version = cursor.u32();
  if (version === 2 || version === 3) return version;
  const isBigEndian = (version & 0xffff) === 0 && version !== 0;
  throw new CheckpointError({
    code: version === 1 || isBigEndian ? "legacy-format" : "bad-header",
    file: cursor.file,
    found: isBigEndian ? "numbers in big-endian order" : `GGUF version ${version}`,
    expected: "GGUF version 2 or 3, little-endian",
    remedy: "Download a current version of the file, or convert the original model anew with llama.cpp.",
  });
}

function readTensor(cursor: GgufCursor, alignment: number): PlacedTensor {
  const name = cursor.text();
  const sizes = cursor.u32();
  if (sizes > mostSizes) throw badGguf(cursor.file, `${name} with ${sizes} sizes`, `at most ${mostSizes}`);
  const fastestFirst = Array.from({ length: sizes }, cursor.count);
  const shape = fastestFirst.toReversed();
  const typeId = cursor.u32();
  const byteOffset = cursor.count();
  const type = ggmlType(typeId);
  if (type === null) {
    throw new CheckpointError({
      code: "unsupported-dtype",
      file: cursor.file,
      found: `${name} of the type ${describeGgmlType(typeId)}`,
      expected: readableGgmlTypes.join(", "),
      remedy: "Use a file of the same model that is quantized in another way, such as Q8_0 or Q4_K_M.",
    });
  }
  const { elements, bytes } = type.block;
  const [rowLength = 1] = fastestFirst;
  if (rowLength % elements !== 0) {
    throw badGguf(
      cursor.file,
      `${name} with rows of ${rowLength}`,
      `a multiple of ${elements}, as it is ${type.name}`,
    );
  }
  if (byteOffset % alignment !== 0) {
    throw badGguf(cursor.file, `${name} at ${byteOffset}`, `a multiple of the alignment ${alignment}`);
  }
  const byteLength = (elementCount(shape) / elements) * bytes;
  const dtype = type.name === "F16" || type.name === "BF16" ? type.name : "F32";
  return { name, shape, dtype, type, byteOffset, byteLength };
}

function checkPlaces(
  source: ByteSource,
  tensors: ReadonlyMap<string, PlacedTensor>,
  dataOffset: number,
): void {
  let end = 0;
  const inOrder = [...tensors.values()].sort((a, b) => a.byteOffset - b.byteOffset);
  for (const { name, byteOffset, byteLength } of inOrder) {
    if (byteOffset < end)
      throw badGguf(source.name, `${name} overlapping the tensor before`, "places of their own");
    end = byteOffset + byteLength;
    if (dataOffset + end > source.byteLength) {
      throw cutOffGguf(source.name, `${source.byteLength} bytes`, `${dataOffset + end} or more, for ${name}`);
    }
  }
}
