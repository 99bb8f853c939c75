import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { methods } from "@peftbench/methods";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TinyCells } from "./testing/executeTinyCell.ts";
import { openTinyCells } from "./testing/executeTinyCell.ts";

let root = "";
let cells: TinyCells;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "peftbench-hidden-"));
  cells = await openTinyCells(root, methods);
});

afterAll(() => rm(root, { recursive: true, force: true }));

describe("a cell that is asked for a submission", () => {
  it("names the file that the copy of the data lacks, and runs as ever", async () => {
    const { outcome, events } = await cells.execute({ ...cells.spec("lora"), submission: true });
    const message = "The submission file SST-2.tsv was not made: this copy has no SST-2/test.tsv.";
    expect(outcome.submission).toEqual({ files: [], missing: [message] });
    expect(outcome.submissionFiles).toEqual([]);
    expect(events).toContainEqual({ type: "warning", message });
    expect(outcome.predictions).toHaveLength(41);
  });

  it("answers the hidden examples as it would the same ones in dev, and changes nothing else", async () => {
    const plain = await cells.execute(cells.spec("lora"));
    const dev = await readFile(join(root, "data", "SST-2", "dev.tsv"), "utf8");
    const sentences = dev.trim().split("\n").slice(1);
    const hidden = sentences.map((line, row) => `${row}\t${line.split("\t")[0]}\n`);
    // Longer than any example that the run has seen: it is no reason to train with other lengths.
    const long = `${sentences.length}\t${"w10 ".repeat(17).trim()}\n`;
    await writeFile(join(root, "data", "SST-2", "test.tsv"), `index\tsentence\n${hidden.join("")}${long}`);
    const { outcome, events } = await cells.execute({ ...cells.spec("lora"), submission: true });
    expect(cells.losses(events)).toEqual(cells.losses(plain.events));
    expect(outcome.predictions).toEqual(plain.outcome.predictions);
    expect(outcome.data).toEqual(plain.outcome.data);
    const [file] = outcome.submissionFiles;
    expect(file?.name).toBe("SST-2.tsv");
    const lines = file?.text.split("\n") ?? [];
    expect(lines[0]).toBe("index\tprediction");
    expect(lines.slice(1, 42)).toEqual(
      plain.outcome.predictions.map(({ prediction }, row) => `${row}\t${prediction}`),
    );
    expect(lines[42]).toMatch(/^41\t[01]$/);
    expect(lines.slice(43)).toEqual([""]);
    expect(outcome.submission?.files).toMatchObject([
      { name: "SST-2.tsv", rows: 42, sources: [{ name: "SST-2/test.tsv" }] },
    ]);
    expect(plain.outcome.submission).toBeNull();
  });
});
