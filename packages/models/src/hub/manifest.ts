import { createHash } from "node:crypto";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { writeFileWhole } from "../checkpoint/files.ts";
import { HubError } from "./errors.ts";

/**
 * The folder, inside a snapshot, that says what the snapshot is: a record for each file, so that processes which fetch
 * at the same time never overwrite what another has told.
 */
const RECORDS_FOLDER = ".peftbench-hub";

const sourceFields = {
  kind: z.enum(["model", "dataset"]),
  /** `organization/name`. */
  name: z.string(),
  commit: z.string().regex(/^[0-9a-f]{40}$/),
};

const fileSchema = z.object({ path: z.string(), bytes: z.int().nonnegative(), sha256: z.hash("sha256") });

const recordSchema = z.object({ ...sourceFields, file: fileSchema });

/** Where a file came from. */
type HubRecord = Readonly<z.infer<typeof recordSchema>>;

/** What a folder holds of a repository of the hub. */
export interface HubManifest extends Omit<HubRecord, "file"> {
  /** In the order of their paths. */
  readonly files: readonly HubRecord["file"][];
}

/** Adds a file to what a snapshot says of itself. */
export async function recordHubFile(snapshot: string, record: HubRecord): Promise<void> {
  const folder = join(snapshot, RECORDS_FOLDER);
  await mkdir(folder, { recursive: true });
  // Paths may be longer than names of files can be.
  const name = `${createHash("sha256").update(record.file.path).digest("hex")}.json`;
  await writeFileWhole(join(folder, name), [
    new TextEncoder().encode(`${JSON.stringify(record, null, 2)}\n`),
  ]);
}

/**
 * Null where the folder is no snapshot that this program made.
 * @throws {HubError} `wrong-checksum` where a record cannot be read: what it was about would go unchecked
 */
export async function readHubManifest(snapshot: string): Promise<HubManifest | null> {
  const { records, unreadable } = await readRecords(snapshot);
  const [wrong] = unreadable;
  if (wrong !== undefined) {
    throw new HubError({
      code: "wrong-checksum",
      place: wrong,
      found: "a record of a downloaded file that cannot be read",
      expected: "one that names the file with its sha256",
      remedy:
        "Give the repository by its name (hf:organization/name): what is missing is then recorded again.",
    });
  }
  const [first] = records;
  if (first === undefined) return null;
  const files = records.map(({ file }) => file).sort((a, b) => (a.path < b.path ? -1 : 1));
  return { kind: first.kind, name: first.name, commit: first.commit, files };
}

/** What is recorded of a snapshot's files; records that cannot be read are as if they were not there. */
export async function recordedHubFiles(snapshot: string): Promise<HubManifest["files"]> {
  return (await readRecords(snapshot)).records.map(({ file }) => file);
}

async function readRecords(
  snapshot: string,
): Promise<{ readonly records: readonly HubRecord[]; readonly unreadable: readonly string[] }> {
  const folder = join(snapshot, RECORDS_FOLDER);
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(".json"));
  const found = await Promise.all(names.map((name) => readRecord(join(folder, name))));
  return {
    records: found.filter((record) => record !== null),
    unreadable: names.filter((_, place) => found[place] === null).map((name) => join(folder, name)),
  };
}

async function readRecord(path: string): Promise<HubRecord | null> {
  try {
    return recordSchema.parse(JSON.parse(await readFile(path, "utf8")));
  } catch {
    return null;
  }
}

/**
 * Repository and commit of a model's folder, where its weights are those that were downloaded.
 * @param checksum of the weights, as a checkpoint gives it: that of the file, or of the lines `<sha256>  <name>\n` of all
 * @returns null for another folder, and for weights that were changed since
 */
export async function hubOriginOf(
  folder: string,
  checksum: string,
): Promise<Pick<HubManifest, "name" | "commit"> | null> {
  const manifest = await readHubManifest(folder);
  if (manifest === null) return null;
  const weights = manifest.files.filter(({ path }) => /\.(safetensors|bin)$/.test(path));
  const lines = weights.map(({ path, sha256 }) => `${sha256}  ${path}\n`).join("");
  const found = weights.length === 1 ? weights[0]?.sha256 : createHash("sha256").update(lines).digest("hex");
  return found === checksum ? { name: manifest.name, commit: manifest.commit } : null;
}
