import { CheckpointError } from "./errors.ts";

/** Bytes that are read by range: a file, memory, or (in a browser) a Blob or HTTP ranges. */
export interface ByteSource {
  /** What messages call it: a path or file name. */
  readonly name: string;
  readonly byteLength: number;
  /** Exactly `length` bytes from `offset`, in memory of their own that starts at the buffer's beginning. */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
  close(): Promise<void>;
}

/** A source over bytes in memory. */
export function bytesInMemory(bytes: Uint8Array, name: string): ByteSource {
  return {
    name,
    byteLength: bytes.byteLength,
    read: async (offset, length) => new Uint8Array(bytes.subarray(offset, offset + length)),
    close: async () => {},
  };
}

const gitLfsOpening = "version https://git-lfs";

/**
 * Refuses the small text that stands for a large file in a git clone without LFS; every weight format would
 * otherwise call it a damaged file.
 * @throws {CheckpointError} `git-lfs-pointer`
 */
export async function refuseGitLfsPointer(source: ByteSource): Promise<void> {
  if (source.byteLength < gitLfsOpening.length || source.byteLength > 1024) return;
  const opening = new TextDecoder("latin1").decode(await source.read(0, gitLfsOpening.length));
  if (opening !== gitLfsOpening) return;
  throw new CheckpointError({
    code: "git-lfs-pointer",
    file: source.name,
    found: `a git LFS pointer of ${source.byteLength} bytes`,
    expected: "the weights themselves",
    remedy: "Run `git lfs pull` in the folder, or download the file itself.",
  });
}
