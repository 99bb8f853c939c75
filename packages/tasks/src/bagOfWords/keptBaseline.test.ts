import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFileCache } from "@peftbench/runtime";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { allTasks, findTask } from "../registry.ts";
import type { LabelledText } from "../task.ts";
import { bagOfWordsBaseline } from "./baseline.ts";
import { keptBagOfWordsBaseline } from "./keptBaseline.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "peftbench-baselines-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const classes = findTask("sst2");
const scores = findTask("stsb");
const rows = (count: number, offset: number): LabelledText[] =>
  Array.from({ length: count }, (_, row) => ({
    text: `w${row % 7} w${(row * offset) % 11}`,
    pair: `w${(row + offset) % 5}`,
    label: row % 2,
  }));
const [train, dev] = [rows(40, 3), rows(12, 5)];

describe("the kept bag-of-words baseline", () => {
  it.each([classes, scores])("is the computed one, to the last bit: $id", async (task) => {
    const fresh = bagOfWordsBaseline(train, dev, task);
    const cache = createFileCache(folder);
    expect(keptBagOfWordsBaseline(train, dev, task, cache)).toEqual(fresh);
    const [file] = await readdir(folder);
    const bytes = await readFile(join(folder, file as string));
    expect(keptBagOfWordsBaseline(train, dev, task, cache)).toEqual(fresh);
    expect(await readdir(folder)).toEqual([file]);
    expect(await readFile(join(folder, file as string))).toEqual(bytes);
  });

  it("is computed again where its file was cut off, changed, or is another one's", async () => {
    const cache = createFileCache(folder);
    const fresh = keptBagOfWordsBaseline(train, dev, scores, cache);
    const [file = ""] = await readdir(folder);
    const whole = await readFile(join(folder, file));
    for (const damaged of [whole.subarray(0, -8), Buffer.concat([whole.subarray(0, -1), Buffer.of(1)])]) {
      await writeFile(join(folder, file), damaged);
      expect(keptBagOfWordsBaseline(train, dev, scores, cache)).toEqual(fresh);
      expect(await readFile(join(folder, file))).toEqual(whole);
    }
    cache.write(file, new Uint8Array(8));
    expect(keptBagOfWordsBaseline(train, dev, scores, cache)).toEqual(fresh);
  });

  it("is another for every text, label, order of rows and kind of answer", async () => {
    const cache = createFileCache(folder);
    const changed = (row: Partial<LabelledText>) => [
      { ...(train[0] as LabelledText), ...row },
      ...train.slice(1),
    ];
    const inputs = [
      [train, dev, classes],
      [changed({ text: "w9" }), dev, classes],
      [changed({ pair: "w9" }), dev, classes],
      [changed({ label: 1 }), dev, classes],
      [train.toReversed(), dev, classes],
      [train.slice(1), dev, classes],
      [train, dev.slice(1), classes],
      [[...train, ...dev.slice(0, 1)], dev.slice(1), classes],
      [train, dev, scores],
      [train, dev, allTasks.find((task) => task.kind === "classification" && task.labels.length > 2)],
    ] as const;
    for (const [someTrain, someDev, task] of inputs) {
      expect(keptBagOfWordsBaseline(someTrain, someDev, task ?? classes, cache)).toEqual(
        bagOfWordsBaseline(someTrain, someDev, task ?? classes),
      );
    }
    expect(await readdir(folder)).toHaveLength(inputs.length);
  });
});
