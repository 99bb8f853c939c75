import type { FileEntry } from "@zip.js/zip.js";
import { Reader, ZipReader } from "@zip.js/zip.js";
import type { ByteSource } from "./byteSource.ts";
import { CheckpointError } from "./errors.ts";

/** One file of an archive. */
export interface ZipEntry {
  readonly name: string;
  readonly byteLength: number;
  /** A range of its bytes; only that range is read where the entry is stored uncompressed, as torch does. */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * Reads the directory of a zip archive (zip64 too).
 * @throws {CheckpointError} `cut-off` without a directory at the end, `bad-archive` otherwise
 */
export async function openZip(source: ByteSource): Promise<ReadonlyMap<string, ZipEntry>> {
  const entries = new Map<string, ZipEntry>();
  const zip = new ZipReader(new SourceReader(source));
  for (const entry of await attempt(source, () => zip.getEntries())) {
    if (entry.directory) continue;
    // Programs differ in which of the two they read, so one of them has something to hide.
    if (entries.has(entry.filename)) throw badArchive(source, `two entries called ${entry.filename}`);
    if (entry.encrypted) throw badArchive(source, `the encrypted entry ${entry.filename}`);
    entries.set(entry.filename, openEntry(source, entry));
  }
  return entries;
}

/** Lets the zip library read from a source. */
class SourceReader extends Reader<ByteSource> {
  readonly #source: ByteSource;

  constructor(source: ByteSource) {
    super(source);
    this.#source = source;
  }

  override async init(): Promise<void> {
    this.size = this.#source.byteLength;
  }

  override readUint8Array(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    return this.#source.read(offset, Math.max(0, Math.min(length, this.#source.byteLength - offset)));
  }
}

function openEntry(source: ByteSource, entry: FileEntry): ZipEntry {
  const { filename: name, uncompressedSize: byteLength } = entry;
  const isStored = entry.compressionMethod === 0 && entry.compressedSize === byteLength;
  let dataOffset: Promise<number> | null = null;
  const readStored = async (offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> => {
    dataOffset ??= findDataOffset(source, entry);
    return source.read((await dataOffset) + offset, length);
  };
  const readCompressed = async (offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> => {
    const bytes = await attempt(source, () => entry.arrayBuffer({ useWebWorkers: false }));
    return new Uint8Array(bytes.slice(offset, offset + length));
  };
  return {
    name,
    byteLength,
    read: async (offset, length) => {
      if (offset < 0 || offset + length > byteLength) {
        throw badArchive(
          source,
          `${name} of ${byteLength} bytes, of which up to ${offset + length} are needed`,
        );
      }
      return isStored ? readStored(offset, length) : readCompressed(offset, length);
    },
  };
}

/** Where an entry's bytes begin: after its local header, whose length only the local header itself gives. */
async function findDataOffset(source: ByteSource, entry: FileEntry): Promise<number> {
  const fixedBytes = 30;
  const damaged = (): CheckpointError =>
    badArchive(source, `no entry ${entry.filename} where its directory says`);
  if (entry.offset + fixedBytes > source.byteLength) throw damaged();
  const header = new DataView((await source.read(entry.offset, fixedBytes)).buffer);
  if (header.getUint32(0, true) !== 0x04034b50) throw damaged();
  const dataOffset = entry.offset + fixedBytes + header.getUint16(26, true) + header.getUint16(28, true);
  if (dataOffset + entry.uncompressedSize > source.byteLength) throw damaged();
  return dataOffset;
}

async function attempt<Value>(source: ByteSource, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof CheckpointError) throw cause;
    throw badArchive(source, `a damaged archive (${cause instanceof Error ? cause.message : String(cause)})`);
  }
}

function badArchive(source: ByteSource, found: string): CheckpointError {
  return new CheckpointError({
    code: "bad-archive",
    file: source.name,
    found,
    expected: "a zip archive as torch.save writes it",
    remedy: "The file is damaged or cut off; download it again.",
  });
}
