import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { writeFileAtomic } from "./store/atomicFile.ts";

/** State of training: arrays by name, and whatever else it takes to go on, as JSON. */
export interface Checkpoint {
  readonly arrays: ReadonlyMap<string, Float32Array>;
  readonly meta: z.core.util.JSONType;
}

/** A checkpoint that cannot be trusted. The run starts over without it. */
export class CheckpointError extends Error {
  override readonly name = "CheckpointError";
  readonly remedy = "Remove the file; the run then starts from its first step.";

  constructor(path: string, problem: string) {
    super(`${path}: ${problem}`);
  }
}

/*
 * Layout, little-endian: 8 bytes of magic, the header's length as u32, the header as JSON padded with spaces to a
 * multiple of 4, the arrays one after another, and the sha256 of all that comes before it.
 */
const MAGIC = new TextEncoder().encode("PEFTCKP1");
const CHECKSUM_BYTES = 32;

const headerSchema = z.strictObject({
  meta: z.json(),
  arrays: z.array(z.strictObject({ name: z.string(), length: z.int().nonnegative() })),
});

/**
 * Writes a checkpoint whole or not at all.
 * @returns the file's size in bytes
 */
export async function saveCheckpoint(path: string, checkpoint: Checkpoint): Promise<number> {
  const header = encodeHeader(checkpoint);
  const headerLength = new Uint8Array(4);
  new DataView(headerLength.buffer).setUint32(0, header.byteLength, true);
  const arrays = [...checkpoint.arrays.values()].map(bytesOf);
  const parts = [MAGIC, headerLength, header, ...arrays];
  parts.push(sha256(parts));
  await writeFileAtomic(path, parts);
  return parts.reduce((sum, part) => sum + part.byteLength, 0);
}

/**
 * Reads a checkpoint back, bit for bit.
 * @returns null where there is none
 * @throws {CheckpointError} where the file was cut off, changed, or is something else
 */
export async function loadCheckpoint(path: string): Promise<Checkpoint | null> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
  const headerStart = MAGIC.byteLength + 4;
  if (bytes.byteLength < headerStart + CHECKSUM_BYTES || !equal(bytes.subarray(0, MAGIC.byteLength), MAGIC)) {
    throw new CheckpointError(
      path,
      `found ${bytes.byteLength} bytes that are no checkpoint of this version.`,
    );
  }
  const content = bytes.subarray(0, bytes.byteLength - CHECKSUM_BYTES);
  if (!equal(sha256([content]), bytes.subarray(content.byteLength))) {
    throw new CheckpointError(path, "its checksum does not fit its content: it was cut off or changed.");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const arraysStart = headerStart + view.getUint32(MAGIC.byteLength, true);
  const header = headerSchema.parse(
    JSON.parse(new TextDecoder().decode(content.subarray(headerStart, arraysStart))),
  );
  const arrays = new Map<string, Float32Array>();
  let offset = arraysStart;
  for (const { name, length } of header.arrays) {
    const array = new Float32Array(length);
    // Copied byte by byte: a view would need an aligned offset, and would keep the whole file alive.
    bytesOf(array).set(content.subarray(offset, offset + 4 * length));
    arrays.set(name, array);
    offset += 4 * length;
  }
  return { arrays, meta: header.meta };
}

function encodeHeader(checkpoint: Checkpoint): Uint8Array {
  const arrays = [...checkpoint.arrays].map(([name, array]) => ({ name, length: array.length }));
  const json = new TextEncoder().encode(JSON.stringify({ meta: checkpoint.meta, arrays }));
  const header = new Uint8Array(Math.ceil(json.byteLength / 4) * 4).fill(0x20);
  header.set(json);
  return header;
}

function bytesOf(array: Float32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function sha256(parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && a.every((value, index) => value === b[index]);
}
