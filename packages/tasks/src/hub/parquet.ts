import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { emptyTextCheck, expectedTexts } from "../emptyTexts.ts";
import type { DatasetErrorCode } from "../errors.ts";
import { DatasetError } from "../errors.ts";
import type { LabelledText, TaskDefinition, TaskFiles } from "../task.ts";

type Task = TaskDefinition<TaskFiles>;
type Row = Readonly<Record<string, unknown>>;

const GET_IT_AGAIN = "Get the file again, for example by `--data hf`.";

/**
 * Reads the rows of a parquet file as the hub has them for a task: texts as they stand, class numbers that count as the
 * task's labels do, scores as 32-bit floats.
 * @param file its path, for messages
 * @throws {DatasetError} `bad-parquet`, `missing-column`, `wrong-column-type`, `wrong-encoding`, `unknown-label`,
 *   `empty-text` or `empty-split`; with the row, counted from 0, where one row is to blame
 */
export async function readParquet(
  task: Task,
  bytes: Uint8Array,
  file: string,
): Promise<readonly LabelledText[]> {
  const { text, pair, label } = task.source.parquet.columns;
  const rows = await readRows(task, bytes, file);
  if (rows.length === 0) {
    throw broken("empty-split", file, { found: "no rows", expected: "at least one row" });
  }
  const { emptyTexts = 0 } = task.source;
  const isRefused = emptyTextCheck(emptyTexts);
  return rows.map((row, index) => {
    const first = { text: textOf(row, text, file, index) };
    const texts = pair === undefined ? first : { ...first, pair: textOf(row, pair, file, index) };
    if (isRefused(texts)) {
      const expected = expectedTexts(emptyTexts);
      throw broken("empty-text", file, { row: index, found: "an empty sentence", expected });
    }
    return { ...texts, label: labelOf(task, row[label], file, index) };
  });
}

async function readRows(task: Task, bytes: Uint8Array, file: string): Promise<readonly Row[]> {
  const { text, pair, label } = task.source.parquet.columns;
  // Copied, as a small file's bytes lie in a buffer that Node shares among several.
  const buffer = new Uint8Array(bytes).buffer;
  const unreadable = (reason: string): DatasetError =>
    broken("bad-parquet", file, {
      found: `${bytes.length} bytes that cannot be read (${reason})`,
      expected: "a whole parquet file, compressed by snappy or not at all",
    });
  const attempt = async <Value>(read: () => Value | Promise<Value>): Promise<Value> => {
    try {
      return await read();
    } catch (error) {
      throw unreadable(error instanceof Error ? error.message : String(error));
    }
  };
  const metadata = await attempt(() => parquetMetadata(buffer));
  const columns = metadata.schema.slice(1);
  const requireColumn = (name: string, types: readonly (string | undefined)[], holds: string): void => {
    const column = columns.find((one) => one.name === name);
    if (column === undefined) {
      throw broken("missing-column", file, {
        found: `the columns ${columns.map((one) => JSON.stringify(one.name)).join(", ")}`,
        expected: `a column named ${JSON.stringify(name)}`,
      });
    }
    if (types.includes(column.type)) return;
    throw broken("wrong-column-type", file, {
      found: `the column ${JSON.stringify(name)} with values of the type ${column.type ?? "group"}`,
      expected: `${holds} (${types.join(" or ")})`,
    });
  };
  for (const name of pair === undefined ? [text] : [text, pair]) requireColumn(name, ["BYTE_ARRAY"], "text");
  if (task.kind === "regression") requireColumn(label, ["FLOAT", "DOUBLE"], "scores");
  else requireColumn(label, ["INT64", "INT32"], "class numbers");

  const rows = await attempt(() =>
    parquetReadObjects({
      file: buffer,
      metadata,
      columns: pair === undefined ? [text, label] : [text, pair, label],
      parsers: { stringFromBytes: strictText },
    }),
  );
  if (BigInt(rows.length) === BigInt(metadata.num_rows)) return rows;
  throw unreadable(`it announces ${metadata.num_rows} rows and holds ${rows.length}`);
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The bytes themselves where they are no UTF-8: what they are the row's reader says. */
function strictText(bytes: Uint8Array): string | Uint8Array {
  if (!(bytes instanceof Uint8Array)) return bytes;
  try {
    return utf8.decode(bytes);
  } catch {
    return bytes;
  }
}

function textOf(row: Row, column: string, file: string, index: number): string {
  const value = row[column];
  if (typeof value === "string") return value;
  const place = `in the column ${JSON.stringify(column)}`;
  if (value instanceof Uint8Array) {
    const found = `bytes ${place} that are not valid UTF-8`;
    throw broken("wrong-encoding", file, { row: index, found, expected: "UTF-8 text" });
  }
  throw broken("empty-text", file, { row: index, found: `${describe(value)} ${place}`, expected: "text" });
}

function labelOf(task: Task, value: unknown, file: string, index: number): number {
  const number = typeof value === "bigint" ? Number(value) : value;
  const [min, max] =
    task.kind === "regression" ? [task.range.min, task.range.max] : [0, task.labels.length - 1];
  const isGood =
    typeof number === "number" &&
    number >= min &&
    number <= max &&
    (task.kind === "regression" || Number.isInteger(number));
  // A float of 32 bits stands for the shortest decimal that gives it: 3.8, and not 3.799999952316284.
  if (isGood) return task.kind === "regression" ? Number(number.toPrecision(7)) : number;
  throw broken("unknown-label", file, {
    row: index,
    found: `the label ${describe(value)}`,
    expected: `a ${task.kind === "regression" ? "number" : "class number"} from ${min} to ${max}`,
  });
}

function describe(value: unknown): string {
  return typeof value === "bigint" ? String(value) : (JSON.stringify(value) ?? String(value));
}

function broken(
  code: DatasetErrorCode,
  file: string,
  details: { readonly row?: number; readonly found: string; readonly expected: string },
): DatasetError {
  return new DatasetError({ code, file, ...details, remedy: GET_IT_AGAIN });
}
