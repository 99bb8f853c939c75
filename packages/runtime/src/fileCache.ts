import { createHash, randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What is kept beyond a process and can be made again: bytes by name. */
export interface FileCache {
  /** Null where there is nothing of that name, or its file was cut off or changed. */
  readonly read: (name: string) => Uint8Array<ArrayBuffer> | null;
  /** Keeps the content for later, if it can: a full or read-only disk costs time, nothing else. */
  readonly write: (name: string, content: Uint8Array) => void;
}

const CHECKSUM_BYTES = 32;

/**
 * Keeps each content as a file of a folder, behind its sha256. Several processes may share the folder: files appear
 * whole or not at all.
 * @param folder made when something is first kept
 */
export function createFileCache(folder: string): FileCache {
  return {
    read: (name) => {
      let bytes: Uint8Array;
      try {
        bytes = readFileSync(join(folder, name));
      } catch {
        return null;
      }
      // Copied, so that numbers of eight bytes may be read at its start.
      const content = new Uint8Array(bytes.subarray(CHECKSUM_BYTES));
      return checksum(content).equals(bytes.subarray(0, CHECKSUM_BYTES)) ? content : null;
    },
    write: (name, content) => {
      const file = join(folder, name);
      const temporary = `${file}.${randomUUID()}`;
      try {
        mkdirSync(folder, { recursive: true });
        writeFileSync(temporary, Buffer.concat([checksum(content), content]));
        renameSync(temporary, file);
      } catch {
        try {
          rmSync(temporary, { force: true });
        } catch {}
      }
    },
  };
}

function checksum(content: Uint8Array): Buffer {
  return createHash("sha256").update(content).digest();
}
