import { join } from "node:path";
import { sha256 } from "../checksum.ts";
import type { Content } from "../content.ts";
import { DatasetError } from "../errors.ts";
import type { OriginalFiles, TaskDefinition, TaskFiles } from "../task.ts";
import { usualFolder } from "./howToGet.ts";
import { readDataFile, readLabelledFile } from "./labelledFile.ts";
import { readTsv } from "./tsv.ts";

/**
 * Cuts a data set as its makers distribute it into GLUE's training and dev split: dev has the examples whose ids are
 * listed, train all others, both in the order of the file. The list counts as the file of dev, since it is what makes
 * that split.
 * @param names of the files in `folder`
 * @throws {DatasetError} where the list is missing, or names what is not there; and as for every file
 */
export async function readOriginalFiles(
  task: TaskDefinition<TaskFiles>,
  original: OriginalFiles,
  folder: string,
  names: readonly string[],
): Promise<Content> {
  const { examples, devIds, idColumns } = original;
  const idsName = devIds.find((name) => names.includes(name));
  const idsFile = join(folder, idsName ?? devIds[0]);
  if (idsName === undefined) {
    throw new DatasetError({
      code: "missing-file",
      file: idsFile,
      found: "no such file",
      expected: `the list of the examples of ${examples} that are GLUE's dev split`,
      remedy: `Get it as mrpc_dev_ids.tsv with GLUE's download script, or have ${task.source.train} and ${task.source.dev}.`,
    });
  }
  const { lines, sha256: checksum } = await readLabelledFile(
    task,
    join(folder, examples),
    "the examples",
    idColumns,
  );
  const bytes = await readDataFile(task, idsFile, "the list of dev ids");
  const ids = readTsv(bytes, idsFile, {
    shape: { header: false, fieldCount: idColumns.length },
    columns: idColumns.map((_, column) => column),
    // An id that was cut is found in no example.
    selfDelimiting: idColumns.length - 1,
  });
  const inDev = new Set(ids.map(({ values }) => values.join("\t")));
  const known = new Set(lines.map(({ further }) => further.join("\t")));
  for (const { line, values } of ids) {
    if (known.has(values.join("\t"))) continue;
    throw new DatasetError({
      code: "unknown-id",
      file: idsFile,
      line,
      found: `the ids ${values.join(", ")}`,
      expected: `ids of an example in ${examples} (columns ${idColumns.join(", ")})`,
      remedy: "The two files do not belong together, or one is damaged: get both again.",
    });
  }
  const rowsOf = (isDev: boolean) =>
    lines.filter(({ further }) => inDev.has(further.join("\t")) === isDev).map(({ example }) => example);
  return {
    source: `GLUE ${usualFolder(task)} (${examples}, with the dev split of ${idsName})`,
    revision: null,
    files: [
      { split: "train", name: examples, rows: rowsOf(false), sha256: checksum },
      { split: "dev", name: idsName, rows: rowsOf(true), sha256: sha256(bytes) },
    ],
  };
}
