import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseDatasetCard } from "./card.ts";
import { DatasetError } from "./errors.ts";
import { glueTasks } from "./glue/index.ts";
import { allTasks } from "./registry.ts";
import { loadTask, needsDataFolder } from "./source.ts";

const projectRoot = new URL("../../../", import.meta.url);
const readCard = (path: string) => readFile(new URL(path, projectRoot), "utf8");

const shared = process.env.PEFTBENCH_SHARED;
const dataFolder = shared === undefined ? undefined : join(shared, "datasets", "glue");

describe.each(allTasks.map((task) => [task.id, task] as const))("the card of %s", (_, task) => {
  it("agrees with the task's definition", async () => {
    const card = parseDatasetCard(await readCard(task.datasetCard), task.datasetCard);
    const { id, suite, origin, publishedRows } = task;
    expect(card).toMatchObject({ id, suite, origin });
    const { train, dev } = card.files;
    expect(card.publishedRows ?? { train: train.rows, dev: dev.rows }).toEqual(publishedRows);
    expect(card.package?.name).toBe(task.source.kind === "package" ? task.source.name : undefined);
    expect(card.metrics).toEqual(task.metrics);
    expect(card.labels ?? []).toEqual(task.labels);
    expect(card.range).toEqual(task.kind === "regression" ? task.range : undefined);
    if (task.source.kind === "package") expect(task.source.checksum).toBe(card.checksum);
  });

  it.skipIf(needsDataFolder(task) && dataFolder === undefined)(
    "has the checksums that loading gives (GLUE's need PEFTBENCH_SHARED)",
    async () => {
      const card = parseDatasetCard(await readCard(task.datasetCard), task.datasetCard);
      const { provenance, train: trained, dev: reported } = await loadTask(task, { dataFolder });
      // The table of the notes: of each split, the number of examples of every class, in the order of the labels.
      for (const [split, examples] of [
        ["train", trained],
        ["dev", reported],
      ] as const) {
        const row = card.notes.split("\n").find((line) => line.startsWith(`| ${split}`)) ?? "";
        const counts = task.labels.map((_, label) => examples.filter((one) => one.label === label).length);
        const cells = row.split("|").map((cell) => Number(cell.replaceAll(",", "")));
        if (task.kind === "classification") expect(cells.slice(0, -1).slice(-counts.length)).toEqual(counts);
      }
      const { train, dev } = card.files;
      expect(provenance).toMatchObject({
        checksum: card.checksum,
        rows: { train: train.rows, dev: dev.rows },
        files: [train, dev].map(({ name, rows, sha256 }) => ({ name, rows, sha256 })),
      });
      expect(provenance.warnings.length > 0).toBe(card.publishedRows !== undefined);
      if (card.package !== undefined) expect(provenance.revision).toBe(card.package.version);
    },
  );
});

describe.each(glueTasks.map((task) => [task.id, task] as const))(
  "the card of %s",
  (_, { source, datasetCard }) => {
    it("names the files and columns that are read", async () => {
      const { files, columns } = parseDatasetCard(await readCard(datasetCard), datasetCard);
      const { text, pair, label } = source.columns;
      expect([files.train.name, files.dev.name]).toEqual([source.train, source.dev]);
      const names = columns.map(({ column }) => column);
      expect(names).toEqual(expect.arrayContaining(pair === undefined ? [text, label] : [text, pair, label]));
      if (!source.shape.header) expect(names).toHaveLength(source.shape.fieldCount);
    });
  },
);

describe("parseDatasetCard", () => {
  it.each([
    ["what is not YAML", "a: [", "cannot be read"],
    ["a card that is no mapping", "just text", "card: "],
    ["a card with keys missing", "id: x", "licence: "],
  ])("refuses %s", (_, text, found) => {
    expect(() => parseDatasetCard(text, "x.yaml")).toThrow(DatasetError);
    expect(() => parseDatasetCard(text, "x.yaml")).toThrow(found);
  });
});
