import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, readdir, rename, rm, stat, truncate } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { isProcessRunning } from "@peftbench/runtime";
import { HubError } from "./errors.ts";
import type { HubSettings } from "./settings.ts";
import type { Transport } from "./transport.ts";
import { requireOk } from "./transport.ts";
import type { ContentId, HubFile } from "./tree.ts";

export interface DownloadOptions {
  readonly settings: HubSettings;
  readonly transport: Transport;
  readonly wait: (ms: number) => Promise<void>;
  /** A connection that gives no byte for so long is given up, and asked for the rest anew. */
  readonly stallMs: number;
}

/** In a row, without a byte gained. */
const MOST_FAILURES = 5;
const FIRST_WAIT_MS = 500;

/**
 * Downloads a file to `target`, which appears whole and checked or not at all. What a broken connection or a killed
 * process left is gone on with.
 * @throws {HubError} `wrong-checksum` where what comes is not what the hub announced; others as requests do
 */
export async function downloadFile(
  url: string,
  file: HubFile,
  target: string,
  options: DownloadOptions,
): Promise<void> {
  const partial = await claimPartial(target);
  let isFresh = (await stat(partial)).size === 0;
  for (;;) {
    await completePartial(url, file, partial, options);
    const found = await hashFile(partial, file.id.kind, file.bytes);
    if (found === file.id.hex) break;
    // What was there before may be the wrong part: once more, from nothing.
    if (isFresh) {
      await rm(partial);
      throw new HubError({
        code: "wrong-checksum",
        place: url,
        found: `content with the ${file.id.kind} ${found}`,
        expected: file.id.hex,
        remedy:
          "The file was thrown away. Start the same command again; if it happens again, something between here and the hub changes files.",
      });
    }
    await truncate(partial);
    isFresh = true;
  }
  await rename(partial, target);
}

/** Asks for the rest of a file until it is all there. */
async function completePartial(
  url: string,
  file: HubFile,
  partial: string,
  options: DownloadOptions,
): Promise<void> {
  let failures = 0;
  for (;;) {
    const before = (await stat(partial)).size;
    if (before === file.bytes) return;
    if (before > file.bytes) {
      await truncate(partial);
      continue;
    }
    let failure: HubError | null = null;
    try {
      await appendRest(url, file, partial, before, options);
    } catch (error) {
      if (!(error instanceof HubError && error.code === "unreachable")) throw error;
      failure = error;
    }
    const gained = (await stat(partial)).size > before;
    failures = gained ? 0 : failures + 1;
    if (failures >= MOST_FAILURES) throw failure ?? cutOff(url, before, file.bytes);
    if (!gained) await options.wait(FIRST_WAIT_MS * 2 ** (failures - 1));
  }
}

/** One request for what comes after `start` bytes; returns early where the connection breaks. */
async function appendRest(
  url: string,
  file: HubFile,
  partial: string,
  start: number,
  { settings, transport, stallMs }: DownloadOptions,
): Promise<void> {
  const controller = new AbortController();
  const stalled = (): void => controller.abort(new Error(`no byte in ${stallMs / 1000} s`));
  let timer = setTimeout(stalled, stallMs);
  try {
    const response = await transport.get(url, {
      headers: { "accept-encoding": "identity", ...(start > 0 ? { range: `bytes=${start}-` } : {}) },
      signal: controller.signal,
    });
    if (response.status === 416) {
      await response.body?.cancel();
      await truncate(partial);
      return;
    }
    await requireOk(response, url, settings);
    const goesOn = response.status === 206 && rangeStart(response) === start;
    const handle = await open(partial, goesOn ? "a" : "w");
    try {
      let size = goesOn ? start : 0;
      const reader = response.body?.getReader();
      // More than was announced is not written: the checksum says the rest.
      while (reader !== undefined && size < file.bytes) {
        const part = await nextPart(reader);
        if (part === null) return;
        clearTimeout(timer);
        timer = setTimeout(stalled, stallMs);
        const kept = part.subarray(0, file.bytes - size);
        await handle.writeFile(kept);
        size += kept.byteLength;
      }
      await reader?.cancel().catch(() => {});
    } finally {
      await handle.close();
    }
  } finally {
    clearTimeout(timer);
  }
}

/** Null at the end, and where the connection broke: the caller asks for what is missing. */
async function nextPart(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<Uint8Array | null> {
  try {
    const { done, value } = await reader.read();
    return done ? null : value;
  } catch {
    return null;
  }
}

function rangeStart(response: Response): number {
  return Number(/^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "")?.[1] ?? Number.NaN);
}

function cutOff(url: string, found: number, expected: number): HubError {
  return new HubError({
    code: "unreachable",
    place: url,
    found: `a connection that breaks after ${found} bytes, ${MOST_FAILURES} times in a row`,
    expected: `${expected} bytes`,
    remedy: "Start the same command again: it goes on with what is already there.",
  });
}

/**
 * The file that this process may append to: what a process that is no more has left, or a new one. Its name has the
 * process id, so that two processes never append to the same.
 */
async function claimPartial(target: string): Promise<string> {
  const own = `${target}.${process.pid}.partial`;
  const prefix = `${basename(target)}.`;
  for (const name of await readdir(dirname(target))) {
    if (!name.startsWith(prefix)) continue;
    const id = /^(\d+)\.partial$/.exec(name.slice(prefix.length))?.[1];
    if (id === undefined || (Number(id) !== process.pid && isProcessRunning(Number(id)))) continue;
    await rename(join(dirname(target), name), own).catch(() => {});
  }
  await (await open(own, "a")).close();
  return own;
}

/** Of a file's content, in hexadecimal. */
export async function hashFile(path: string, kind: ContentId["kind"], bytes: number): Promise<string> {
  const hash = createHash(kind === "sha256" ? "sha256" : "sha1");
  if (kind === "git-sha1") hash.update(`blob ${bytes}\0`);
  for await (const part of createReadStream(path)) hash.update(part as Uint8Array);
  return hash.digest("hex");
}
