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
