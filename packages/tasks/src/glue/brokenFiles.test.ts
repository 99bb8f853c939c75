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

/** The cells with one column's value of the last lines replaced. */
function withLast(cells: Cells, column: number, value: (old: string) => string, count = 1): Cells {
  const change = (line: readonly string[]) =>
    line.map((cell, index) => (index === column ? value(cell) : cell));
  return [...cells.slice(0, -count), ...cells.slice(-count).map(change)];
}

async function load(task: GlueTask, broken: Uint8Array | null, name: string, split: Split = "train") {
  const folder = join(root, name, task.source.folders[0] ?? "");
  await mkdir(folder, { recursive: true });
  const good = utf8(textOf(cellsOf(task, columnsOf(task, true))));
  for (const one of ["train", "dev"] as const) {
    const bytes = one === split ? broken : good;
    if (bytes !== null) await writeFile(join(folder, task.source[one]), bytes);
  }
  const loading = loadTask(task, { dataFolder: join(root, name) });
  return { file: join(folder, task.source[split]), loading };
}

type Split = "train" | "dev";

/** What is broken, the line to blame (null: the file), and how the message's three parts begin or read. */
interface Broken {
  readonly bytes: Uint8Array | null;
  readonly line: number | null;
  readonly code: DatasetErrorCode;
  readonly found: RegExp;
  readonly expected: RegExp;
  readonly remedy: RegExp;
}

const columnOf = (task: GlueTask, which: "text" | "pair" | "label"): number =>
  columnsOf(task, true).indexOf(task.source.columns[which] ?? "none");

/** Without a header there are no names to miss: a line has too few fields. */
function withoutColumn(task: GlueTask, cells: Cells, which: "text" | "pair" | "label"): Broken {
  const without = cells.map((line) => line.filter((_, index) => index !== columnOf(task, which)));
  const common = { bytes: utf8(textOf(without)), line: 1 };
  if (!task.source.shape.header) {
    const found = /^3 fields in "/;
    return {
      ...common,
      code: "wrong-field-count",
      found,
      expected: /^4 tab-separated fields$/,
      remedy: /again/,
    };
  }
  const expected = new RegExp(`^a column named "${task.source.columns[which]}"$`);
  return { ...common, code: "missing-column", found: /^the columns "/, expected, remedy: /header line/ };
}

const kinds: Readonly<Record<string, (task: GlueTask, cells: Cells) => Broken>> = {
  "no text column": (task, cells) => withoutColumn(task, cells, "text"),
  "no label column": (task, cells) => withoutColumn(task, cells, "label"),
  "no column of second sentences": (task, cells) =>
    withoutColumn(task, cells, task.source.columns.pair === undefined ? "text" : "pair"),
  "CSV quoting": (task, cells) => ({
    bytes: utf8(textOf(cells.map((line) => line.map((cell) => `"${cell}"`)))),
    line: 1,
    ...(task.source.shape.header
      ? { code: "missing-column", found: /\\"/, expected: /^a column named/ }
      : { code: "unknown-label", found: /^the label "\\"0\\""$/, expected: /^one of "0", "1"$/ }),
    remedy: /quotation marks.*without CSV quoting/,
  }),
  "an unknown label": (task, cells) => ({
    bytes: utf8(textOf(withLast(cells, columnOf(task, "label"), () => "-"))),
    line: cells.length,
    code: "unknown-label",
    found: /^the label "-"$/,
    expected: task.kind === "regression" ? /^a number from 0 to 5$/ : /^one of "/,
    remedy: /Check that this is a labelled file/,
  }),
  "a last line that is cut off between fields": (_, cells) => ({
    bytes: utf8(textOf([...cells.slice(0, -1), (cells.at(-1) ?? []).slice(0, -1)]).slice(0, -1)),
    line: cells.length,
    code: "wrong-field-count",
    found: /^\d fields? in "/,
    expected: /^\d tab-separated fields$/,
    remedy: /get it again.*cut off\.$/,
  }),
  "a blank line": (_, cells) => ({
    bytes: utf8(textOf([...cells.slice(0, 2), [""], ...cells.slice(2)])),
    line: 3,
    code: "wrong-field-count",
    found: /^a blank line$/,
    expected: /^\d tab-separated fields$/,
    remedy: /get it again/,
  }),
  "bytes of Latin-1": (task, cells) => ({
    bytes: Buffer.from(textOf(cells), "latin1"),
    line: task.source.shape.header ? 2 : 1,
    code: "wrong-encoding",
    found: /^bytes that are not valid UTF-8/,
    expected: /^UTF-8 text$/,
    remedy: /iconv/,
  }),
  "UTF-16": (_, cells) => ({
    bytes: Buffer.from(`\uFEFF${textOf(cells)}`, "utf16le"),
    line: 1,
    code: "wrong-encoding",
    found: /^a UTF-16 byte order mark$/,
    expected: /^UTF-8 text$/,
    remedy: /Save the file as UTF-8/,
  }),
  "a byte order mark at a later line": (_, cells) => ({
    bytes: utf8(
      textOf([
        ...cells.slice(0, 2),
        [`\uFEFF${cells[2]?.[0]}`, ...(cells[2]?.slice(1) ?? [])],
        ...cells.slice(3),
      ]),
    ),
    line: 3,
    code: "wrong-encoding",
    found: /^a byte order mark that does not start the file$/,
    expected: /^one as the first character of the file, or none$/,
    remedy: /joined/,
  }),
  "carriage returns as line ends": (_, cells) => ({
    bytes: utf8(textOf(cells, "\r")),
    line: 1,
    code: "wrong-encoding",
    found: /^carriage returns/,
    expected: /line feed/,
    remedy: /Convert the file's line ends/,
  }),
  "no rows": (task, cells) => ({
    ...(task.source.shape.header
      ? { bytes: utf8(textOf(cells.slice(0, 1))), line: 2, found: /^a header line and nothing else$/ }
      : { bytes: new Uint8Array(), line: 1, found: /^an empty file$/ }),
    code: "empty-split",
    expected: /^at least one data line$/,
    remedy: /get it again/,
  }),
  "an empty sentence more than the published file has": (task, cells) => ({
    bytes: utf8(
      textOf(withLast(cells, columnOf(task, "text"), () => " ", (task.source.emptyTexts ?? 0) + 1)),
    ),
    line: cells.length,
    code: "empty-text",
    found: /^an empty sentence$/,
    expected: /^some text in every text column/,
    remedy: /correct this line/,
  }),
  "no file": () => ({
    bytes: null,
    line: null,
    code: "missing-file",
    found: /^no readable file \(ENOENT\)$/,
    expected: /^the (train|dev) split of /,
    remedy: /gluebenchmark\.com.*--data hf/,
  }),
};

describe.each(glueTasks.map((task) => [task.id, task] as const))("a broken file of %s", (id, task) => {
  const cells = cellsOf(task, columnsOf(task, true));

  it.each(Object.entries(kinds).map(([kind, make], index) => [kind, make, index] as const))(
    "with %s is refused by file and line, with what was found and expected and what to do",
    async (_, make, index) => {
      const { bytes, line, code, found, expected, remedy } = make(task, cells);
      // Every second kind in the dev file: it is read as strictly.
      const { file, loading } = await load(task, bytes, `${id}-${index}`, index % 2 === 0 ? "train" : "dev");
      const error: unknown = await loading.catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(DatasetError);
      const { message, ...parts } = error as DatasetError;
      expect(parts).toMatchObject({ code, file, line });
      expect(parts.found).toMatch(found);
      expect(parts.expected).toMatch(expected);
      expect(parts.remedy).toMatch(remedy);
      expect(message.startsWith(`${file}${line === null ? "" : `:${line}`}: found `)).toBe(true);
    },
  );

  it("cut anywhere in its last line is refused, or loses nothing", async () => {
    for (const labelLast of [true, false]) {
      const whole = textOf(cellsOf(task, columnsOf(task, labelLast)));
      const { file, loading } = await load(task, utf8(whole), `${id}-whole`);
      const { train } = await loading;
      const lastLine = whole.lastIndexOf("\n", whole.length - 2) + 1;
      for (let end = lastLine + 1; end < whole.length; end++) {
        await writeFile(file, whole.slice(0, end));
        const again = loadTask(task, { dataFolder: join(root, `${id}-whole`) });
        const outcome = await again.catch((reason: unknown) => reason);
        if (outcome instanceof DatasetError) expect(outcome).toMatchObject({ file });
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

    const quoted = withLast(cells, columnOf(task, "text"), (old) => `"${old}`);
    const { train } = await (await load(task, utf8(textOf(quoted)), `${id}-quote`)).loading;
    expect(train).toHaveLength(3);
    expect(train[2]?.text).toBe(`"${plain.train[2]?.text}`);
  });
});
