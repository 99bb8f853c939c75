import { join } from "node:path";

/** A GGUF file for tests: metadata as texts, 32-bit numbers or 32-bit floats, and tensors of given types and bytes. */
export interface GgufContent {
  readonly version?: number;
  readonly metadata?: Readonly<Record<string, string | number | { readonly float: number }>>;
  readonly tensors?: readonly {
    readonly name: string;
    /** From the fastest to the slowest. */
    readonly sizes: readonly number[];
    readonly type: number;
    readonly offset: number;
  }[];
  readonly dataBytes?: number;
}

export function ggufBytes({ version = 3, metadata = {}, tensors = [], dataBytes = 0 }: GgufContent): Buffer {
  const parts: Buffer[] = [Buffer.from("GGUF"), u32(version), u64(tensors.length)];
  const entries = Object.entries(metadata);
  parts.push(u64(entries.length));
  for (const [key, value] of entries) {
    parts.push(text(key));
    if (typeof value === "string") parts.push(u32(8), text(value));
    else if (typeof value === "number") parts.push(u32(4), u32(value));
    else parts.push(u32(6), Buffer.from(Float32Array.of(value.float).buffer));
  }
  for (const { name, sizes, type, offset } of tensors) {
    parts.push(text(name), u32(sizes.length), ...sizes.map(u64), u32(type), u64(offset));
  }
  const header = Buffer.concat(parts);
  return Buffer.concat([header, Buffer.alloc(((32 - (header.length % 32)) % 32) + dataBytes)]);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([u64(bytes.length), bytes]);
}

/** A file of `fixtures/gguf`. */
export function ggufFixture(name: string): string {
  return join(import.meta.dirname, "../../../fixtures/gguf", name);
}
