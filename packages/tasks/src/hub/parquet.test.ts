import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { recordHubFile } from "@peftbench/models";
import type { ColumnSource } from "hyparquet-writer";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DatasetError } from "../errors.ts";
import { glueTasks } from "../glue/index.ts";
import { mnli } from "../glue/mnli.ts";
import { rte } from "../glue/rte.ts";
import { sst2 } from "../glue/sst2.ts";
import { stsb } from "../glue/stsb.ts";
import { loadTask } from "../source.ts";
import type { Example, TaskDefinition, TaskFiles } from "../task.ts";
import type { ParquetRows } from "../testing/parquetFile.ts";
import { columnsFile, parquetFile as parquet } from "../testing/parquetFile.ts";
import { GLUE_IN_HUB, glueFilesInHub } from "./layout.ts";

type GlueTask = TaskDefinition<TaskFiles>;

const COMMIT = "0123456789abcdef0123456789abcdef01234567";
let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "peftbench-parquet-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function write(files: Readonly<Record<string, Uint8Array>>): Promise<void> {
  for (const [path, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  }
}

async function writeManifest(files: Readonly<Record<string, Uint8Array>>): Promise<void> {
  for (const [path, bytes] of Object.entries(files)) {
    const file = { path, bytes: bytes.length, sha256: sha256(bytes) };
    await recordHubFile(folder, { kind: "dataset", name: "nyu-mll/glue", commit: COMMIT, file });
  }
}

async function failure(task: GlueTask): Promise<DatasetError> {
  const outcome: unknown = await loadTask(task, { dataFolder: folder }).catch((error: unknown) => error);
  if (outcome instanceof DatasetError) return outcome;
  throw new Error(`expected a DatasetError, got ${JSON.stringify(outcome)}`);
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const pathsOf = ({ source: { parquet: layout } }: GlueTask): readonly [string, string] => [
  `${layout.folder}/${layout.train}-00000-of-00001.parquet`,
  `${layout.folder}/${layout.dev}-00000-of-00001.parquet`,
];

describe.each(glueTasks.map((task) => [task.id, task] as const))("parquet files of %s", (_, task) => {
  it("give the examples that the same rows give as TSV", async () => {
    const rows: ParquetRows =
      task.kind === "regression"
        ? { text: ['a “quoted" one', "b\t"], label: [3.8, 0.083] }
        : {
            text: task.labels.map(({ name }) => `it is "${name}`),
            label: task.labels.map((_, index) => index),
          };
    const [train, dev] = pathsOf(task);
    await write({ [train]: parquet(task, rows), [dev]: parquet(task, rows) });
    const loaded = await loadTask(task, { dataFolder: folder });
    const isPair = task.source.columns.pair !== undefined;
    const expected = rows.text.map(
      (text, index): Example => ({
        ...{ id: `train:${index}`, text: text ?? "", label: rows.label[index] ?? Number.NaN },
        ...(isPair ? { pair: `${text}?` } : {}),
      }),
    );
    expect(loaded.train).toEqual(expected);
    expect(loaded.dev.map(({ label }) => label)).toEqual(rows.label);
    expect(loaded.provenance).toMatchObject({ revision: null, rows: { train: rows.text.length } });
  });
});

describe("a data folder of parquet files", () => {
  const rows: ParquetRows = { text: ["one", "two"], label: [0, 1] };
  const [train, dev] = pathsOf(sst2);

  it("that is a snapshot of the hub has repository, commit, rows and checksums in its provenance", async () => {
    const files = { [train]: parquet(sst2, rows), [dev]: parquet(sst2, { text: ["three"], label: [1] }) };
    await write(files);
    await writeManifest(files);
    const { provenance } = await loadTask(sst2, { dataFolder: folder });
    expect(provenance).toMatchObject({
      source: "Hugging Face hub, nyu-mll/glue, sst2 (parquet)",
      revision: COMMIT,
      files: [
        { split: "train", name: "train-00000-of-00001.parquet", rows: 2, sha256: sha256(files[train]!) },
        { split: "dev", name: "validation-00000-of-00001.parquet", rows: 1, sha256: sha256(files[dev]!) },
      ],
    });
  });

  it("with a file that nobody downloaded is refused", async () => {
    const files = { [train]: parquet(sst2, rows), [dev]: parquet(sst2, rows) };
    await write(files);
    await writeManifest({ [train]: files[train]! });
    const error = await failure(sst2);
    expect(error).toMatchObject({ code: "wrong-checksum", file: join(folder, dev) });
    expect(error.message).toMatch(/downloaded of nyu-mll\/glue alone.*Somebody put it there/);
  });

  it("that was changed since its download is refused, with both checksums", async () => {
    const files = { [train]: parquet(sst2, rows), [dev]: parquet(sst2, rows) };
    await write(files);
    await writeManifest(files);
    await write({ [dev]: parquet(sst2, { text: ["one", "two"], label: [1, 0] }) });
    const error = await failure(sst2);
    expect(error).toMatchObject({ code: "wrong-checksum", file: join(folder, dev) });
    expect(error.expected).toContain(sha256(files[dev]!));
    expect(error.found).toMatch(/[0-9a-f]{64}$/);
  });

  it("may have a split in several files, all of which it needs", async () => {
    const name = (part: number): string => `sst2/train-0000${part}-of-00002.parquet`;
    const parts = {
      [name(1)]: parquet(sst2, { text: ["three"], label: [1] }),
      [name(0)]: parquet(sst2, rows),
    };
    await write({ ...parts, [dev]: parquet(sst2, rows) });
    const loaded = await loadTask(sst2, { dataFolder: folder });
    expect(loaded.train.map(({ id, text }) => [id, text])).toEqual([
      ["train:0", "one"],
      ["train:1", "two"],
      ["train:2", "three"],
    ]);
    await rm(join(folder, name(0)));
    const error = await failure(sst2);
    expect(error).toMatchObject({ code: "missing-file", file: join(folder, "sst2", "train-*.parquet") });
    expect(error.expected).toBe("all of 2 parts, numbered from 0");
  });

  it("gives MNLI's second dev set", async () => {
    const file = parquet(mnli, rows);
    const [mnliTrain, mnliDev] = pathsOf(mnli);
    const mismatched = "mnli/validation_mismatched-00000-of-00001.parquet";
    await write({
      [mnliTrain]: file,
      [mnliDev]: file,
      [mismatched]: parquet(mnli, { text: ["x"], label: [2] }),
    });
    const { further } = await loadTask(mnli, { dataFolder: folder });
    expect(further).toEqual([
      { name: "mismatched", examples: [{ id: "mismatched:0", text: "x", pair: "x?", label: 2 }] },
    ]);
  });

  const good = parquet(sst2, rows);
  const labels: ColumnSource = { name: "label", data: [0n, 1n], type: "INT64" };
  const sentences: ColumnSource = { name: "sentence", data: ["one", "two"], type: "STRING" };
  it.each([
    ["a cut file", "bad-parquet", good.subarray(0, good.length - 9), null],
    ["an empty file", "bad-parquet", new Uint8Array(), null],
    ["damage to its data", "bad-parquet", good.map((byte, at) => (at < 60 ? 0xff : byte)), null],
    ["a test set's labels", "unknown-label", parquet(sst2, { text: ["a"], label: [-1] }), 0],
    ["a class there is not", "unknown-label", parquet(sst2, { text: ["a", "b"], label: [1, 2] }), 1],
    ["a missing text", "empty-text", parquet(sst2, { text: ["b", null], label: [0, 1] }), 1],
    ["an empty text", "empty-text", parquet(sst2, { text: ["b", " "], label: [0, 1] }), 1],
    ["the columns of another task", "missing-column", parquet(rte, { text: ["a"], label: [0] }), null],
    ["no rows", "empty-split", parquet(sst2, { text: [], label: [] }), null],
    [
      "labels as text",
      "wrong-column-type",
      columnsFile([sentences, { name: "label", data: ["0", "1"], type: "STRING" }]),
      null,
    ],
    [
      "scores for class numbers",
      "wrong-column-type",
      columnsFile([sentences, { name: "label", data: [0, 1], type: "FLOAT" }]),
      null,
    ],
    [
      "numbers for text",
      "wrong-column-type",
      columnsFile([{ name: "sentence", data: [1, 2], type: "INT32" }, labels]),
      null,
    ],
    [
      "bytes that are no UTF-8",
      "wrong-encoding",
      columnsFile([
        { name: "sentence", data: [Uint8Array.of(111, 107), Uint8Array.of(99, 0xe9)], type: "BYTE_ARRAY" },
        labels,
      ]),
      1,
    ],
  ] as const)("is refused by file and row with %s", async (_, code, bytes, row) => {
    await write({ [train]: bytes, [dev]: good });
    const error = await failure(sst2);
    const file = join(folder, train);
    expect(error).toMatchObject({ code, file, line: null, row });
    const place = row === null ? file : `${file}, row ${row} counted from 0`;
    expect(error.message.startsWith(`${place}: found `)).toBe(true);
    expect(error.message).toMatch(/; expected .*`--data hf`\.$/);
  });

  it("keeps every character of a text, a byte order mark too", async () => {
    await write({ [train]: parquet(sst2, { text: ["\uFEFFa\u0085", '"'], label: [0, 1] }), [dev]: good });
    expect((await loadTask(sst2, { dataFolder: folder })).train.map(({ text }) => text)).toEqual([
      ...["\uFEFFa\u0085", '"'],
    ]);
  });

  it("refuses a score beyond the scale", async () => {
    const [stsbTrain, stsbDev] = pathsOf(stsb);
    const good = parquet(stsb, { text: ["a"], label: [5] });
    await write({ [stsbTrain]: parquet(stsb, { text: ["a"], label: [5.01] }), [stsbDev]: good });
    expect(await failure(stsb)).toMatchObject({ code: "unknown-label" });
  });
});

describe("glueFilesInHub", () => {
  const all = [
    ...["README.md", "ax/test-00000-of-00001.parquet", "mnli_matched/validation-00000-of-00001.parquet"],
    ...glueTasks.flatMap((task) => pathsOf(task)),
    ...["mnli/validation_mismatched-00000-of-00001.parquet", "mnli/test_matched-00000-of-00001.parquet"],
  ];

  it("chooses the labelled splits of the tasks that are asked for", () => {
    expect(glueFilesInHub(["mnli", "sst2", "spam"])(all)).toEqual([
      ...pathsOf(sst2),
      ...pathsOf(mnli),
      "mnli/validation_mismatched-00000-of-00001.parquet",
    ]);
    expect(glueFilesInHub(["mnli"])(all.filter((path) => !path.includes("mismatched")))).toHaveLength(2);
  });

  it("refuses a repository that lacks a split", () => {
    expect(() => glueFilesInHub(["sst2"])(["train.csv"])).toThrow(/sst2\/train-00000-of-00001\.parquet/);
  });

  it("is of a pinned commit by default, which the cards name too", async () => {
    expect(GLUE_IN_HUB).toMatch(/^hf:nyu-mll\/glue@[0-9a-f]{40}$/);
    const readme = await readFile(new URL("../../../../datasets/README.md", import.meta.url), "utf8");
    expect(readme).toContain(GLUE_IN_HUB);
  });
});
