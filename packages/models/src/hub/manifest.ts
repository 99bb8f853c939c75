import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

/** The file of a snapshot's folder that says what the folder is. */
export const MANIFEST_FILE = ".peftbench-hub.json";

const manifestSchema = z.object({
  kind: z.enum(["model", "dataset"]),
  /** `organization/name`. */
  name: z.string(),
  commit: z.string().regex(/^[0-9a-f]{40}$/),
  files: z.array(z.object({ path: z.string(), bytes: z.int().nonnegative(), sha256: z.hash("sha256") })),
});

/** What a folder holds of a repository of the hub. */
export type HubManifest = Readonly<z.infer<typeof manifestSchema>>;

/** Null where the folder is no snapshot that this program made. */
export async function readHubManifest(folder: string): Promise<HubManifest | null> {
  let text: string;
  try {
    text = await readFile(join(folder, MANIFEST_FILE), "utf8");
  } catch {
    return null;
  }
  try {
    return manifestSchema.parse(JSON.parse(text));
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
