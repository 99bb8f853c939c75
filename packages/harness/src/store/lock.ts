import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { isProcessRunning } from "@peftbench/runtime";
import { z } from "zod";
import { TEMPORARY_ENDING } from "./atomicFile.ts";

const ownerSchema = z.strictObject({
  pid: z.int().positive(),
  /** When the process started, as its system counts; null where the system does not tell. Guards against reused pids. */
  processStart: z.string().nullable(),
  host: z.string(),
  /** Tells two locks of one process apart. */
  token: z.string(),
});

/** The process that holds a lock. */
export type LockOwner = z.infer<typeof ownerSchema>;

/** Somebody else is at work in the folder. */
export class LockHeldError extends Error {
  override readonly name = "LockHeldError";
  readonly owner: LockOwner;
  readonly remedy: string;

  constructor(path: string, owner: LockOwner) {
    super(`${path} is held by process ${owner.pid} on ${owner.host}, which is still running.`);
    this.owner = owner;
    this.remedy = `Wait for it or stop it; if it is not one of ours, remove ${path}.`;
  }
}

export interface Lock {
  release(): Promise<void>;
}

/**
 * Takes the lock file, so that two processes never work in one folder. A lock whose process is gone is taken over; one
 * of another machine (a shared disk) never is, for nobody here can tell whether its process lives.
 * @param options.waitMs how long to wait for a living holder: the process of a killed grid needs a moment to notice
 * @throws {LockHeldError} where the holder still lives after that
 */
export async function acquireLock(path: string, options: { readonly waitMs: number }): Promise<Lock> {
  const own: LockOwner = {
    pid: process.pid,
    processStart: processStart(process.pid),
    host: hostname(),
    token: randomBytes(8).toString("hex"),
  };
  const deadline = performance.now() + options.waitMs;
  while (true) {
    if (await tryCreate(path, own)) return { release: () => release(path, own) };
    const holder = await readOwner(path);
    if (holder === "gone") continue;
    if (holder === "unreadable" || !isAlive(holder)) {
      await removeStale(path, holder);
      continue;
    }
    if (performance.now() >= deadline) throw new LockHeldError(path, holder);
    await sleep(POLL_MS);
  }
}

/**
 * Does something under a lock, unless a living process holds it.
 * @returns what came of it; null where the lock is held
 */
export async function withLockIfFree<Value>(
  path: string,
  action: () => Promise<Value>,
): Promise<Value | null> {
  let lock: Lock;
  try {
    lock = await acquireLock(path, { waitMs: 0 });
  } catch (error) {
    if (error instanceof LockHeldError) return null;
    throw error;
  }
  try {
    return await action();
  } finally {
    await lock.release();
  }
}

const POLL_MS = 50;

/** Creates the lock with its whole content in one step: a hard link fails where the name is taken. */
async function tryCreate(path: string, own: LockOwner): Promise<boolean> {
  const temporary = `${path}.${own.token}${TEMPORARY_ENDING}`;
  await writeFile(temporary, `${JSON.stringify(own)}\n`);
  try {
    await link(temporary, path);
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

async function readOwner(path: string): Promise<LockOwner | "gone" | "unreadable"> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return "gone";
    throw error;
  }
  try {
    return ownerSchema.parse(JSON.parse(text));
  } catch {
    return "unreadable";
  }
}

/**
 * Moves a stale lock aside, then looks whether it was that one: between reading and moving, another process may have
 * taken the stale lock over, and its fresh lock is then put back.
 */
async function removeStale(path: string, stale: LockOwner | "unreadable"): Promise<void> {
  const aside = `${path}.${randomBytes(8).toString("hex")}${TEMPORARY_ENDING}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return;
    throw error;
  }
  const moved = await readOwner(aside);
  const staleToken = stale === "unreadable" ? null : stale.token;
  if (typeof moved === "object" && moved.token !== staleToken) await link(aside, path).catch(() => {});
  await rm(aside, { force: true });
}

async function release(path: string, own: LockOwner): Promise<void> {
  const holder = await readOwner(path);
  if (typeof holder === "object" && holder.token === own.token) await rm(path, { force: true });
}

function isAlive(owner: LockOwner): boolean {
  if (owner.host !== hostname()) return true;
  if (!isProcessRunning(owner.pid)) return false;
  const start = processStart(owner.pid);
  return owner.processStart === null || start === null || start === owner.processStart;
}

/** Clock ticks since boot at which a process started, on Linux; null elsewhere. */
function processStart(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the program's name in parentheses, and may itself hold spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? "zombie" : (fields[19] ?? null);
  } catch {
    return null;
  }
}

function errorCode(error: unknown): string | null {
  return error instanceof Error && "code" in error ? String(error.code) : null;
}
