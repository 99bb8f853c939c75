import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseDatasetCard } from "./card.ts";
import { DatasetError } from "./errors.ts";
import { glueTasks } from "./glue/index.ts";
import { loadTask } from "./source.ts";

const projectRoot = new URL("../../../", import.meta.url);
const readCard = (path: string) => readFile(new URL(path, projectRoot), "utf8");

describe.each(glueTasks.map((task) => [task.id, task] as const))("the card of %s", (_, task) => {
  it("agrees with the task's definition", async () => {
    const card = parseDatasetCard(await readCard(task.datasetCard), task.datasetCard);
    const { text, pair, label } = task.files.columns;
    expect(card).toMatchObject({
      id: task.id,
      suite: task.suite,
      files: {
        train: { name: task.files.train, rows: task.publishedRows.train },
        dev: { name: task.files.dev, rows: task.publishedRows.dev },
      },
    });
    const columns = card.columns.map(({ column }) => column);
    expect(columns).toEqual(expect.arrayContaining(pair === undefined ? [text, label] : [text, pair, label]));
    if (!task.files.shape.header) expect(columns).toHaveLength(task.files.shape.fieldCount);
  });

  const shared = process.env.PEFTBENCH_SHARED;
  it.skipIf(shared === undefined)(
    "has the checksums that loading gives (needs PEFTBENCH_SHARED)",
    async () => {
      const card = parseDatasetCard(await readCard(task.datasetCard), task.datasetCard);
      const dataFolder = join(shared ?? "", "datasets", "glue");
      const { provenance } = await loadTask(task, { dataFolder });
      expect(provenance.checksum).toBe(card.checksum);
      expect(provenance.fileChecksums).toEqual({
        [card.files.train.name]: card.files.train.sha256,
        [card.files.dev.name]: card.files.dev.sha256,
      });
    },
  );
});

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
