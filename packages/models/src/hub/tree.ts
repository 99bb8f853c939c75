import { z } from "zod";
import { HubError } from "./errors.ts";
import type { HubReference } from "./reference.ts";
import type { HubSettings } from "./settings.ts";
import type { Transport } from "./transport.ts";
import { requireOk } from "./transport.ts";

/** How a file's content is known before it is there. */
export type ContentId =
  /** Of files in large file storage. */
  | { readonly kind: "sha256"; readonly hex: string }
  /** Of others: git's blob id, the sha1 of `blob <bytes>\0` and the content. */
  | { readonly kind: "git-sha1"; readonly hex: string };

/** A file of a repository at a commit. */
export interface HubFile {
  readonly path: string;
  readonly bytes: number;
  readonly id: ContentId;
}

const entrySchema = z.object({
  type: z.string(),
  path: z.string(),
  size: z.int().nonnegative(),
  oid: z.string(),
  lfs: z.object({ oid: z.hash("sha256"), size: z.int().nonnegative() }).optional(),
});

/** The commit that a revision stands for now. */
export async function resolveCommit(
  { kind, name, revision }: HubReference,
  settings: HubSettings,
  transport: Transport,
): Promise<string> {
  const url = `${settings.endpoint}/api/${kind}s/${name}/revision/${encodeURIComponent(revision)}`;
  const document = await getJson(url, settings, transport);
  return parsed(z.object({ sha: z.string().regex(/^[0-9a-f]{40}$/) }), document.value, url).sha;
}

/** Every file of a repository at a commit, in the hub's order. */
export async function listFiles(
  { kind, name }: HubReference,
  commit: string,
  settings: HubSettings,
  transport: Transport,
): Promise<readonly HubFile[]> {
  const files: HubFile[] = [];
  let url: string | null = `${settings.endpoint}/api/${kind}s/${name}/tree/${commit}?recursive=true`;
  while (url !== null) {
    const page = await getJson(url, settings, transport);
    for (const entry of parsed(z.array(entrySchema), page.value, url)) {
      if (entry.type !== "file") continue;
      files.push({ path: safePath(entry.path, url), ...contentOf(entry) });
    }
    url = page.next;
  }
  return files;
}

/** The address of a file's content. */
export function contentUrl(
  { kind, name }: HubReference,
  commit: string,
  path: string,
  { endpoint }: HubSettings,
): string {
  const folder = kind === "dataset" ? "datasets/" : "";
  return `${endpoint}/${folder}${name}/resolve/${commit}/${path.split("/").map(encodeURIComponent).join("/")}`;
}

function contentOf({ size, oid, lfs }: z.infer<typeof entrySchema>): Pick<HubFile, "bytes" | "id"> {
  return lfs === undefined
    ? { bytes: size, id: { kind: "git-sha1", hex: oid } }
    : { bytes: lfs.size, id: { kind: "sha256", hex: lfs.oid } };
}

/** Paths become files of ours: none may lead out of their folder, whatever a server says. */
function safePath(path: string, url: string): string {
  const parts = path.split("/");
  if (!path.includes("\\") && parts.every((part) => part !== "" && part !== "." && part !== ".."))
    return path;
  throw badAnswer(url, `the path ${JSON.stringify(path)}`);
}

async function getJson(
  url: string,
  settings: HubSettings,
  transport: Transport,
): Promise<{ readonly value: unknown; readonly next: string | null }> {
  const response = await transport.get(url);
  await requireOk(response, url, settings);
  const next = /<([^>]+)>\s*;\s*rel="?next"?/.exec(response.headers.get("link") ?? "")?.[1];
  try {
    return { value: await response.json(), next: next === undefined ? null : new URL(next, url).href };
  } catch {
    throw badAnswer(url, "no JSON");
  }
}

function parsed<Schema extends z.ZodType>(schema: Schema, value: unknown, url: string): z.infer<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw badAnswer(url, `${issue?.path.join(".") || "a document"}: ${issue?.message}`);
}

function badAnswer(url: string, found: string): HubError {
  return new HubError({
    code: "bad-answer",
    place: url,
    found,
    expected: "what the hub's interface is documented to give",
    remedy: "Check HF_ENDPOINT: is a hub behind it?",
  });
}
