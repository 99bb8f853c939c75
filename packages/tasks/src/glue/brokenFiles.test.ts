import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DatasetErrorCode } from "../errors.ts";
import { DatasetError } from "../errors.ts";
import { loadTask } from "../source.ts";
import type { TaskDefinition, TaskFiles } from "../task.ts";
import { glueTasks } from "./index.ts";

type GlueTask = TaskDefinition<TaskFiles>;
type Cells = readonly (readonly string[])[];

let root = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "peftbench-broken-"));
});
afterAll(() => rm(root, { recursive: true }));

/** Columns of a small file of a task: those that are read and one that is not, the label first or last. */
function columnsOf({ source }: GlueTask, labelLast: boolean): readonly (string | number)[] {
  if (!source.shape.header) return Array.from({ length: source.shape.fieldCount }, (_, index) => index);
  const { text, pair, label } = source.columns;
  const read = pair === undefined ? [text] : [text, pair];
  return labelLast ? ["unused", ...read, label] : [label, ...read, "unused"];
}

/** Cells of a file with three rows, by line, the header included. */
function cellsOf(task: GlueTask, columns: readonly (string | number)[]): Cells {
  const { text, pair, label } = task.source.columns;
  const labels =
    task.kind === "regression" ? ["0.000", "5.000", "3.800"] : task.labels.map(({ value }) => value);
  const rows = [0, 1, 2].map((row) =>
    columns.map((column) => {
      if (column === label) return labels[row % labels.length] ?? "";
      if (column === text) return `café sentence ${row}`;
      return column === pair ? `other sentence ${row}` : "x";
    }),
  );
  return task.source.shape.header ? [columns.map(String), ...rows] : rows;
}

const textOf = (cells: Cells, end = "\n"): string => cells.map((line) => `${line.join("\t")}${end}`).join("");
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The cells with one column's value of the last line replaced. */
function withLast(cells: Cells, column: number, value: (old: string) => string): Cells {
  const line = cells.at(-1) ?? [];
  return [...cells.slice(0, -1), line.map((cell, index) => (index === column ? value(cell) : cell))];
}

async function load(task: GlueTask, train: Uint8Array, name: string) {
  const folder = join(root, name, task.source.folders[0] ?? "");
  await mkdir(folder, { recursive: true });
  const good = utf8(textOf(cellsOf(task, columnsOf(task, true))));
  await writeFile(join(folder, task.source.train), train);
  await writeFile(join(folder, task.source.dev), good);
  const loading = loadTask(task, { dataFolder: join(root, name) });
  return { file: join(folder, task.source.train), loading };
}

interface Broken {
  readonly kind: string;
  readonly code: DatasetErrorCode;
  /** The bytes, and the line that is to be blamed, of `lines` in all. */
  readonly make: (task: GlueTask, cells: Cells) => { readonly bytes: Uint8Array; readonly line: number };
}

const labelColumn = (task: GlueTask): number => columnsOf(task, true).indexOf(task.source.columns.label);
const textColumn = (task: GlueTask): number => columnsOf(task, true).indexOf(task.source.columns.text);

const broken: readonly Broken[] = [
  {
    kind: "a missing column",
    code: "missing-column",
    make: (task, cells) => {
      const without = cells.map((line) => line.filter((_, index) => index !== textColumn(task)));
      return { bytes: utf8(textOf(without)), line: 1 };
    },
  },
  {
    kind: "an unknown label",
    code: "unknown-label",
    make: (task, cells) => ({
      bytes: utf8(textOf(withLast(cells, labelColumn(task), () => "-"))),
      line: cells.length,
    }),
  },
  {
    kind: "a last line cut off between fields",
    code: "wrong-field-count",
    make: (_, cells) => ({
      bytes: utf8(textOf([...cells.slice(0, -1), (cells.at(-1) ?? []).slice(0, -1)]).slice(0, -1)),
      line: cells.length,
    }),
  },
  {
    kind: "bytes of Latin-1",
    code: "wrong-encoding",
    make: (task, cells) => ({
      bytes: Buffer.from(textOf(cells), "latin1"),
      line: task.source.shape.header ? 2 : 1,
    }),
  },
  {
    kind: "a split with no rows",
    code: "empty-split",
    make: (task, cells) =>
      task.source.shape.header
        ? { bytes: utf8(textOf(cells.slice(0, 1))), line: 2 }
        : { bytes: new Uint8Array(), line: 1 },
  },
  {
    kind: "an empty sentence",
    code: "empty-text",
    make: (task, cells) => ({
      bytes: utf8(textOf(withLast(cells, textColumn(task), () => " "))),
      line: cells.length,
    }),
  },
];

describe.each(glueTasks.map((task) => [task.id, task] as const))("a broken file of %s", (id, task) => {
  const cells = cellsOf(task, columnsOf(task, true));

  it.each(broken.map((one, index) => [one.kind, one, index] as const))(
    "with %s is refused by file and line",
    async (_, { code, make }, index) => {
      const { bytes, line } = make(task, cells);
      const { file, loading } = await load(task, bytes, `${id}-${index}`);
      const error: unknown = await loading.catch((reason: unknown) => reason);
      // A file without a header has no names to miss: its lines have too few fields.
      const expected = code === "missing-column" && !task.source.shape.header ? "wrong-field-count" : code;
      expect(error).toBeInstanceOf(DatasetError);
      expect(error).toMatchObject({ code: expected, file, line });
      expect((error as DatasetError).message.startsWith(`${file}:${line}: found `)).toBe(true);
    },
  );

  it("cut anywhere in its last line is refused, or loses nothing", async () => {
    for (const labelLast of [true, false]) {
      const whole = textOf(cellsOf(task, columnsOf(task, labelLast)));
      const { loading } = await load(task, utf8(whole), `${id}-whole`);
      const { train } = await loading;
      const lastLine = whole.lastIndexOf("\n", whole.length - 2) + 1;
      for (let end = lastLine + 1; end < whole.length; end++) {
        const cut = await load(task, utf8(whole.slice(0, end)), `${id}-cut`);
        const outcome = await cut.loading.catch((reason: unknown) => reason);
        if (outcome instanceof DatasetError) expect(outcome).toMatchObject({ file: cut.file });
        else expect(outcome).toMatchObject({ train });
      }
    }
  });

  it("is read as it stands where it has a byte order mark, CRLF line ends or quotes", async () => {
    const plain = await (await load(task, utf8(textOf(cells)), `${id}-plain`)).loading;
    const marked = await load(task, utf8(`\uFEFF${textOf(cells)}`), `${id}-mark`);
    expect((await marked.loading).train).toEqual(plain.train);
    const crlf = await load(task, utf8(textOf(cells, "\r\n")), `${id}-crlf`);
    expect((await crlf.loading).train).toEqual(plain.train);

    const quoted = withLast(cells, textColumn(task), (old) => `"${old}`);
    const { train } = await (await load(task, utf8(textOf(quoted)), `${id}-quote`)).loading;
    expect(train).toHaveLength(3);
    expect(train[2]?.text).toBe(`"${plain.train[2]?.text}`);
  });
});
