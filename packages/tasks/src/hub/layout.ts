import { DatasetError } from "../errors.ts";
import { glueTasks } from "../glue/index.ts";
import { testSplitsOf } from "../glue/submission/testSplits.ts";

/**
 * GLUE in the Hugging Face hub, at the commit whose row counts the task definitions have. A commit never changes, so
 * that two people who name it have the same data.
 */
export const GLUE_IN_HUB = "hf:nyu-mll/glue@bcdcba79d07bc864c1c254ccfcedcce55bcc9a8c";

/**
 * The parquet files of a split among names of files, in their order.
 * @param folder where they are, for messages
 * @throws {DatasetError} `missing-file` where some of several parts are not there
 */
export function filesOfSplit(names: readonly string[], prefix: string, folder: string): readonly string[] {
  const parts = names
    .map((name) => ({ name, match: /^(.+)-(\d{5})-of-(\d{5})\.parquet$/.exec(name) }))
    .filter(({ match }) => match?.[1] === prefix)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const total = Number(parts[0]?.match?.[3] ?? "0");
  if (parts.length === total && parts.every(({ match }, index) => Number(match?.[2]) === index)) {
    return parts.map(({ name }) => name);
  }
  throw new DatasetError({
    code: "missing-file",
    file: `${folder}/${prefix}-*.parquet`,
    found: parts.map(({ name }) => name).join(", "),
    expected: `all of ${total} parts, numbered from 0`,
    remedy: "Get the missing parts, or the folder again.",
  });
}

/**
 * Chooses what some tasks of GLUE need out of a repository's files.
 * @param ids of tasks; those that are not of GLUE need nothing
 * @param hidden whether test splits without labels are wanted too, where the repository has them
 * @throws {DatasetError} `missing-file` where the repository lacks a training or dev split
 */
export function glueFilesInHub(
  ids: readonly string[],
  { hidden = false }: { readonly hidden?: boolean } = {},
): (paths: readonly string[]) => readonly string[] {
  return (paths) =>
    glueTasks
      .filter(({ id }) => ids.includes(id))
      .flatMap(({ id, title, source: { parquet, further = [] } }) => {
        const start = `${parquet.folder}/`;
        const names = namesIn(paths, parquet.folder);
        const needed = [parquet.train, parquet.dev].map((prefix) => {
          const files = filesOfSplit(names, prefix, parquet.folder);
          if (files.length > 0) return files;
          throw new DatasetError({
            code: "missing-file",
            file: `${start}${prefix}-00000-of-00001.parquet`,
            found: "no such file in the repository",
            expected: `a split of ${title}`,
            remedy: `Name a repository that is laid out as ${GLUE_IN_HUB.split("@")[0]}.`,
          });
        });
        const beside = further.map((split) => filesOfSplit(names, split.parquet, parquet.folder));
        const labelled = [...needed, ...beside].flat().map((name) => `${start}${name}`);
        return hidden ? [...labelled, ...hiddenFiles(id, parquet.folder, paths)] : labelled;
      });
}

function hiddenFiles(id: string, usualFolder: string, paths: readonly string[]): readonly string[] {
  return testSplitsOf(id).flatMap(({ parquet, elsewhere }) => {
    const folder = elsewhere?.parquet ?? usualFolder;
    return filesOfSplit(namesIn(paths, folder), parquet, folder).map((name) => `${folder}/${name}`);
  });
}

function namesIn(paths: readonly string[], folder: string): readonly string[] {
  const start = `${folder}/`;
  return paths.filter((path) => path.startsWith(start)).map((path) => path.slice(start.length));
}
