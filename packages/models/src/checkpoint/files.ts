import { createHash, randomUUID } from "node:crypto";
import { open, readdir, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { ByteSource } from "./byteSource.ts";
import { CheckpointError } from "./errors.ts";

// Everything in this package that touches the file system is here, so that a browser needs another version of this
// file only.

/** Node reads at most 2 GiB in one call. */
const longestReadBytes = 2 ** 30;

/** Opens a file for reading by range; the caller closes it. */
export async function openFile(path: string): Promise<ByteSource> {
  const handle = await open(path, "r");
  const { size } = await handle.stat();
  return {
    name: path,
    byteLength: size,
    read: async (offset, length) => {
      const bytes = new Uint8Array(length);
      let filled = 0;
      while (filled < length) {
        const wanted = Math.min(length - filled, longestReadBytes);
        const { bytesRead } = await handle.read(bytes, filled, wanted, offset + filled);
        if (bytesRead === 0) {
          throw new CheckpointError({
            code: "cut-off",
            file: path,
            found: `the end of the file at byte ${offset + filled}`,
            expected: `at least ${offset + length} bytes`,
            remedy: "The file changed or was cut off while it was read; download it again.",
          });
        }
        filled += bytesRead;
      }
      return bytes;
    },
    close: () => handle.close(),
  };
}

/** Names of what a folder holds, sorted; null where there is no such folder. */
export async function listFolder(path: string): Promise<readonly string[] | null> {
  try {
    return (await readdir(path)).sort();
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** A whole text file; null where there is none. */
export async function readTextFile(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** A whole file of bytes, which must be there. */
export function readBytesFile(path: string): Promise<Uint8Array> {
  return readFile(path);
}

function isMissing(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : null;
  return code === "ENOENT" || code === "ENOTDIR";
}

/** Writes a file that appears whole or not at all: to a temporary name beside it, then renamed. */
export async function writeFileWhole(path: string, parts: Iterable<Uint8Array>): Promise<void> {
  const temporaryPath = `${path}.${randomUUID()}.part`;
  try {
    const handle = await open(temporaryPath, "w");
    try {
      for (const part of parts) {
        for (let written = 0; written < part.byteLength; ) {
          const length = Math.min(part.byteLength - written, longestReadBytes);
          written += (await handle.write(part, written, length)).bytesWritten;
        }
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporaryPath, path);
  } catch (error) {
    await rm(temporaryPath, { force: true });
    const folder = dirname(path);
    if (isMissing(error))
      throw new Error(`Cannot write ${path}: there is no folder ${folder}. Make it first.`);
    throw error;
  }
}

/** SHA-256 of a whole source, in hexadecimal, 4 MiB at a time. */
export async function sha256OfSource(source: ByteSource): Promise<string> {
  const hash = createHash("sha256");
  const chunkBytes = 2 ** 22;
  for (let offset = 0; offset < source.byteLength; offset += chunkBytes) {
    hash.update(await source.read(offset, Math.min(chunkBytes, source.byteLength - offset)));
  }
  return hash.digest("hex");
}

/** SHA-256 of UTF-8 text, in hexadecimal. */
export function sha256OfText(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}
