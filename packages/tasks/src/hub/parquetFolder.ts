import { readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import type { HubManifest } from "@peftbench/models";
import { readHubManifest } from "@peftbench/models";
import { sha256 } from "../checksum.ts";
import type { Content, FileContent } from "../content.ts";
import { DatasetError } from "../errors.ts";
import type { TaskDefinition, TaskFiles } from "../task.ts";
import { filesOfSplit } from "./layout.ts";
import { readParquet } from "./parquet.ts";

type Task = TaskDefinition<TaskFiles>;

/** Whether a task's folder with files of these names has the training split as parquet, or a part of it. */
export function hasParquet({ source }: Task, names: readonly string[]): boolean {
  return names.some((name) => name.startsWith(`${source.parquet.train}-`) && name.endsWith(".parquet"));
}

/**
 * Reads a task's splits from parquet files. Where the data folder is a snapshot of the hub, each file has to be the one
 * that was downloaded, and the content says repository and commit.
 * @param names of the files in `folder`
 */
export async function readFromParquet(
  task: Task,
  dataFolder: string,
  folder: string,
  names: readonly string[],
): Promise<Content> {
  const { source } = task;
  const manifest = await readHubManifest(dataFolder);
  const splits = [
    { split: "train", prefix: source.parquet.train },
    { split: "dev", prefix: source.parquet.dev },
    ...(source.further ?? []).map(({ name, parquet }) => ({ split: name, prefix: parquet })),
  ];
  const files: FileContent[] = [];
  for (const { split, prefix } of splits) {
    const found = filesOfSplit(names, prefix, folder);
    if (found.length === 0 && (split === "train" || split === "dev")) throw missing(task, folder, prefix);
    for (const name of found) {
      const file = join(folder, name);
      const bytes = await readFile(file);
      const checksum = sha256(bytes);
      requireAnnounced(manifest, relative(dataFolder, file).replaceAll("\\", "/"), file, checksum);
      files.push({ split, name, rows: await readParquet(task, bytes, file), sha256: checksum });
    }
  }
  return {
    source:
      manifest === null
        ? `GLUE ${source.folders[0]} (parquet folder)`
        : `Hugging Face hub, ${manifest.name}, ${source.parquet.folder} (parquet)`,
    revision: manifest?.commit ?? null,
    files,
  };
}

function missing(task: Task, folder: string, prefix: string): DatasetError {
  return new DatasetError({
    code: "missing-file",
    file: join(folder, `${prefix}-00000-of-00001.parquet`),
    found: "no such file",
    expected: `a split of ${task.title}, beside the others`,
    remedy: "Get the folder again, for example by `--data hf`.",
  });
}

/** @throws {DatasetError} `wrong-checksum` where the manifest names another file by this path, or none */
export function requireAnnounced(
  manifest: HubManifest | null,
  path: string,
  file: string,
  found: string,
): void {
  if (manifest === null) return;
  const expected = manifest.files.find((one) => one.path === path)?.sha256;
  if (expected === found) return;
  const isKnown = expected !== undefined;
  throw new DatasetError({
    code: "wrong-checksum",
    file,
    found: `a file with the sha256 ${found}`,
    expected: isKnown
      ? `${expected}, which was downloaded`
      : `files that were downloaded of ${manifest.name} alone, and this is none`,
    remedy: `${isKnown ? "The file was changed since" : "Somebody put it there"}. Remove it and start the same command again.`,
  });
}
