import { randomBytes } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Writes a file whole or not at all: under a temporary name, flushed to the disk, then renamed. Whoever reads the
 * path, at whatever moment a process is killed, finds the old content or the new one.
 */
export async function writeFileAtomic(
  path: string,
  content: string | Uint8Array | readonly Uint8Array[],
): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString("hex")}${TEMPORARY_ENDING}`;
  try {
    const handle = await open(temporary, "wx");
    try {
      for (const part of parts(content)) await writeWhole(handle, part);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** How names end that `writeFileAtomic` has not renamed yet; what is left of them after a kill is rubbish. */
export const TEMPORARY_ENDING = ".tmp";

function parts(content: string | Uint8Array | readonly Uint8Array[]): readonly Uint8Array[] {
  if (typeof content === "string") return [new TextEncoder().encode(content)];
  return content instanceof Uint8Array ? [content] : content;
}

/** One call may write less than it was given: systems cap it at about 2 GiB. */
async function writeWhole(handle: FileHandle, part: Uint8Array): Promise<void> {
  for (let written = 0; written < part.byteLength; ) {
    const { bytesWritten } = await handle.write(part, written, Math.min(part.byteLength - written, 1 << 30));
    written += bytesWritten;
  }
}

/** Makes the rename itself durable; some systems cannot open a folder, and there it is durable enough. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch {
    return;
  }
}
