import { chmod, copyFile, link, mkdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { writeFileWhole } from "../checkpoint/files.ts";
import { downloadFile, hashFile } from "./download.ts";
import { HubError } from "./errors.ts";
import type { HubManifest } from "./manifest.ts";
import { recordedHubFiles, recordHubFile } from "./manifest.ts";
import type { HubReference } from "./reference.ts";
import { describeReference, isCommit } from "./reference.ts";
import type { HubSettings } from "./settings.ts";
import { hubSettings } from "./settings.ts";
import type { Transport } from "./transport.ts";
import { createTransport } from "./transport.ts";
import type { HubFile } from "./tree.ts";
import { contentUrl, listFiles, resolveCommit } from "./tree.ts";

export interface SnapshotOptions {
  /** Which files to have, out of the paths of all; an error of its own where they are not what is needed. */
  readonly select: (paths: readonly string[]) => readonly string[];
  /** Kept across runs: contents by their checksum, and a folder for each repository and commit. */
  readonly cacheFolder: string;
  /** `HF_ENDPOINT`, `HF_TOKEN`, `HF_HUB_OFFLINE`, `HTTPS_PROXY` and its fellows. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Ask nothing of the network, whatever the environment says. */
  readonly offline?: boolean;
  /** Told of every file before it is downloaded. */
  readonly say?: (line: string) => void;
  readonly wait?: (ms: number) => Promise<void>;
  readonly stallMs?: number;
}

/** Files of a repository at one commit, in a folder of their own. */
export interface HubSnapshot {
  /** Of this repository and commit alone, so that it never changes but for files that are added. */
  readonly folder: string;
  readonly commit: string;
  readonly files: HubManifest["files"];
}

const STALL_MS = 60_000;

/**
 * Makes sure that files of a repository are here, and gives the folder they are in. What is in the cache is not asked
 * for again; a commit whose files are all there needs no network. Several processes may do this at once.
 * @throws {HubError} `cannot-write` where the cache folder takes no more; what is there stays, to be gone on with
 */
export async function fetchSnapshot(reference: HubReference, options: SnapshotOptions): Promise<HubSnapshot> {
  try {
    return await makeSnapshot(reference, options);
  } catch (error) {
    throw fromFileSystem(error) ? cannotWrite(options.cacheFolder, error) : error;
  }
}

async function makeSnapshot(reference: HubReference, options: SnapshotOptions): Promise<HubSnapshot> {
  const settings = hubSettings(options.environment);
  const folder = join(options.cacheFolder, "hub", `${reference.kind}s`, reference.name.replaceAll("/", "--"));
  const hub: Hub = {
    reference,
    settings,
    offline: options.offline === true || settings.offline,
    transport: lazily(() => createTransport(settings, options.environment)),
    folder,
  };
  const commit = await commitOf(hub);
  const all = await filesAt(hub, commit);
  const wanted = new Set(options.select(all.map(({ path }) => path)));
  const snapshot = join(folder, commit);
  const contents = join(options.cacheFolder, "hub", "contents");
  await Promise.all([mkdir(contents, { recursive: true }), mkdir(snapshot, { recursive: true })]);
  const known = new Map((await recordedHubFiles(snapshot)).map((file) => [file.path, file]));
  for (const file of all.filter(({ path }) => wanted.has(path))) {
    const content = join(contents, `${file.id.kind}-${file.id.hex}`);
    const { path, bytes, id } = file;
    const target = join(snapshot, path);
    const isPlaced = (await sizeOf(target)) === bytes;
    if (!(await isWhole(content, file, isPlaced))) await download(hub, commit, file, content, options);
    if (!isPlaced) await place(content, target);
    if (known.has(path)) continue;
    const sha256 = id.kind === "sha256" ? id.hex : await hashFile(content, "sha256", bytes);
    const record = { path, bytes, sha256 };
    await recordHubFile(snapshot, { kind: reference.kind, name: reference.name, commit, file: record });
    known.set(path, record);
  }
  const files = [...known.values()].filter(({ path }) => wanted.has(path));
  return { folder: snapshot, commit, files: files.sort((a, b) => (a.path < b.path ? -1 : 1)) };
}

interface Hub {
  readonly reference: HubReference;
  readonly settings: HubSettings;
  readonly offline: boolean;
  readonly transport: () => Promise<Transport>;
  /** Of the repository, in the cache. */
  readonly folder: string;
}

/** Online, what the hub says now; offline, what it said last. */
async function commitOf({ reference, settings, offline, transport, folder }: Hub): Promise<string> {
  const { revision } = reference;
  if (isCommit(revision)) return revision;
  const kept = join(folder, "revisions", encodeURIComponent(revision));
  if (offline) {
    const commit = (await readText(kept))?.trim();
    if (commit !== undefined && isCommit(commit)) return commit;
    throw notHere(reference, `no commit that ${revision} once was`);
  }
  const commit = await resolveCommit(reference, settings, await transport());
  await writeText(kept, `${commit}\n`);
  return commit;
}

/** The list of a commit's files never changes, so it is asked for once. */
async function filesAt(hub: Hub, commit: string): Promise<readonly HubFile[]> {
  const { reference, settings, offline, transport, folder } = hub;
  const kept = join(folder, "trees", `${commit}.json`);
  const text = await readText(kept);
  if (text !== null) {
    try {
      return JSON.parse(text) as readonly HubFile[];
    } catch {}
  }
  if (offline) throw notHere(reference, `no list of the files at ${commit}`);
  const files = await listFiles(reference, commit, settings, await transport());
  await writeText(kept, JSON.stringify(files));
  return files;
}

async function download(
  { reference, settings, offline, transport }: Hub,
  commit: string,
  file: HubFile,
  content: string,
  { say, wait = sleepMs, stallMs = STALL_MS }: SnapshotOptions,
): Promise<void> {
  if (offline) throw notHere(reference, `no ${file.path}`);
  const size = file.bytes < 1e6 ? `${Math.ceil(file.bytes / 1e3)} kB` : `${(file.bytes / 1e6).toFixed(1)} MB`;
  say?.(
    `Downloading ${file.path} (${size}) of ${reference.name}@${commit.slice(0, 12)} from ${settings.endpoint}`,
  );
  const url = contentUrl(reference, commit, file.path, settings);
  await downloadFile(url, file, content, { settings, transport: await transport(), wait, stallMs });
  // Other folders link to it: whoever edits a file there shall not edit all.
  await chmod(content, 0o444);
}

function notHere(reference: HubReference, found: string): HubError {
  return new HubError({
    code: "offline",
    place: describeReference(reference),
    found: `${found} in the cache`,
    expected: "what an earlier run downloaded, as the network is not to be used",
    remedy: "Run the same command once without --offline (and without HF_HUB_OFFLINE).",
  });
}

/**
 * Whether a content is in the cache. Before a folder gets it, its bytes are looked at as well: whoever removed a file that
 * was changed shall not be given the change again.
 */
async function isWhole(content: string, { bytes, id }: HubFile, isPlaced: boolean): Promise<boolean> {
  if ((await sizeOf(content)) !== bytes) return false;
  if (isPlaced || (await hashFile(content, id.kind, bytes)) === id.hex) return true;
  await rm(content, { force: true });
  return false;
}

/** The file is there whole at every moment, as another process may place the same one. */
async function place(content: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.partial`;
  await rm(temporary, { force: true });
  // Some file systems know no hard links.
  await link(content, temporary).catch(() => copyFile(content, temporary));
  await rename(temporary, path);
  // Renaming one link of a file over another of the same does nothing.
  await rm(temporary, { force: true });
}

function fromFileSystem(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error && "code" in error && typeof error.code === "string";
}

function cannotWrite(cacheFolder: string, error: NodeJS.ErrnoException): HubError {
  const isFull = error.code === "ENOSPC" || error.code === "EDQUOT";
  return new HubError({
    code: "cannot-write",
    place: error.path ?? cacheFolder,
    found: isFull ? `no space left (${error.code})` : `a file system that refuses (${error.message})`,
    expected: "room and permission to keep what is downloaded",
    remedy: `${isFull ? "Make room" : `Make ${cacheFolder} writable`} and start the same command again: it goes on with what is already there.`,
  });
}

async function writeText(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFileWhole(path, [new TextEncoder().encode(text)]);
}

async function readText(path: string): Promise<string | null> {
  return readFile(path, "utf8").catch(() => null);
}

async function sizeOf(path: string): Promise<number | null> {
  return stat(path).then(
    ({ size }) => size,
    () => null,
  );
}

function lazily<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

async function sleepMs(ms: number): Promise<void> {
  await sleep(ms);
}
